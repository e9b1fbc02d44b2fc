package blob

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"funn/internal/platform/fault"
)

// Limits of a document of several parts, which is a ZIP archive (OWASP ASVS
// 5.0.0, 5.2.3). An ordinary document is far below them.
const (
	mostParts    = 2000
	longestEntry = 512         // bytes in the list of parts, on average
	mostUnpacked = 200_000_000 // bytes, all parts together
	mostRatio    = 100         // unpacked to packed
	smallPart    = 1_000_000   // bytes; below this a ratio says nothing
	mostControl  = 2_000_000   // bytes of a part that we read into memory
)

// directory finds the list of an archive's parts, as the archive's end gives it;
// length is 0 when the file has no such end.
func directory(r io.ReaderAt, size int64) (start, length, end int64, parts int, err error) {
	const endLength = 22 // without the comment, which may be as long as 16 bits say
	tail := make([]byte, min(size, endLength+1<<16))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0, 0, 0, 0, fmt.Errorf("read the file: %w", err)
	}
	for i := len(tail) - endLength; i >= 0; i-- {
		b := tail[i:]
		if !bytes.HasPrefix(b, []byte("PK\x05\x06")) {
			continue
		}
		parts = int(binary.LittleEndian.Uint16(b[10:]))
		length = int64(binary.LittleEndian.Uint32(b[12:]))
		start = int64(binary.LittleEndian.Uint32(b[16:]))
		return start, length, size - int64(len(b)), parts, nil
	}
	return 0, 0, 0, 0, nil
}

// isPackage says whether a program that unpacks archives would find one in the
// file, also behind something else.
func isPackage(r io.ReaderAt, size int64) (bool, error) {
	_, length, end, _, err := directory(r, size)
	if err != nil || length == 0 || length > end {
		return false, err
	}
	var mark [4]byte
	if _, err := r.ReadAt(mark[:], end-length); err != nil {
		return false, fmt.Errorf("read the file: %w", err)
	}
	return string(mark[:]) == "PK\x01\x02", nil
}

// openPackage opens an archive, unless its list of parts alone would take too
// much memory.
func openPackage(r io.ReaderAt, size int64) (*zip.Reader, error) {
	start, length, end, parts, err := directory(r, size)
	switch {
	case err != nil:
		return nil, err
	case parts > mostParts || length > mostParts*longestEntry:
		return nil, refuse("file.packed")
	case length == 0 || start+length != end:
		return nil, unsafe(fmt.Errorf("the list of parts is from %d, %d long, and ends at %d", start, length, end))
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, unsafe(err)
	}
	return z, nil
}

// identifyPackage goes through all parts of an office document.
func identifyPackage(r io.ReaderAt, size int64) (Kind, error) {
	z, err := openPackage(r, size)
	if err != nil {
		return Kind{}, err
	}
	if len(z.File) > mostParts {
		return Kind{}, refuse("file.packed")
	}
	names := map[string]bool{}
	for _, f := range z.File {
		if err := checkEntry(f, names); err != nil {
			return Kind{}, err
		}
	}
	left := int64(mostUnpacked)
	for _, f := range z.File {
		n, err := checkPart(f, left)
		if err != nil {
			return Kind{}, err
		}
		left -= n
	}
	if unpacked := mostUnpacked - left; unpacked > smallPart && unpacked > size*mostRatio {
		return Kind{}, refuse("file.packed")
	}
	return identifyDocument(z)
}

// checkEntry looks at what the archive's list says about a part.
func checkEntry(f *zip.File, names map[string]bool) error {
	name := strings.ToLower(f.Name)
	switch {
	case names[name]:
		return unsafe(fmt.Errorf("two parts have the name %q", f.Name))
	case f.Mode()&fs.ModeSymlink != 0 || f.Mode()&^(fs.ModeDir|fs.ModePerm) != 0:
		return unsafe(fmt.Errorf("part %q is no file", f.Name))
	case !fs.ValidPath(strings.TrimSuffix(f.Name, "/")) || strings.ContainsAny(f.Name, "\\:\x00"):
		return unsafe(fmt.Errorf("part %q has a path that leads away", f.Name))
	case f.Flags&1 != 0:
		return refuse("file.encrypted")
	case f.UncompressedSize64 > mostUnpacked || f.UncompressedSize64 > smallPart && f.UncompressedSize64/mostRatio > f.CompressedSize64:
		return refuse("file.packed")
	case path.Base(name) == "vbaproject.bin" || strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/"):
		return refuse("file.macros")
	case slices.Contains([]string{".zip", ".7z", ".rar", ".gz", ".docx", ".xlsx", ".pptx", ".odt", ".jar"}, path.Ext(name)):
		return refuse("file.nested")
	}
	names[name] = true
	return nil
}

// What no part of a document may begin with.
var forbidden = map[string]string{
	"PK\x03\x04":                       "file.nested",
	"PK\x05\x06":                       "file.nested",
	"7z\xbc\xaf\x27\x1c":               "file.nested",
	"Rar!\x1a\x07":                     "file.nested",
	"\x1f\x8b\x08":                     "file.nested",
	"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "file.macros", // OLE, which holds macros and embedded programs
	"MZ":                               "file.macros",
	"\x7fELF":                          "file.macros",
}

// checkPart unpacks a part, at most left bytes, and gives how many there were.
// What the archive's list says about sizes is not believed.
func checkPart(f *zip.File, left int64) (int64, error) {
	if strings.HasSuffix(f.Name, "/") {
		return 0, nil
	}
	in, err := f.Open()
	if err != nil {
		return 0, unsafe(fmt.Errorf("part %q: %w", f.Name, err))
	}
	defer in.Close()
	limit := left
	if packed := int64(f.CompressedSize64); packed < left/mostRatio {
		limit = min(left, max(smallPart, packed*mostRatio))
	}
	counted := &counter{r: in, left: limit}
	head := make([]byte, 8)
	n, err := io.ReadFull(counted, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, counted.refusal(f.Name, err)
	}
	head = head[:n]
	for magic, key := range forbidden {
		if bytes.HasPrefix(head, []byte(magic)) {
			return 0, refuse(key)
		}
	}
	content := io.MultiReader(bytes.NewReader(head), counted)
	err = nil // a part may be shorter than head
	switch path.Ext(strings.ToLower(f.Name)) {
	case ".rels":
		err = checkRelations(content)
	case ".xml":
		err = checkXML(content)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, content)
	}
	if err != nil {
		return 0, counted.refusal(f.Name, err)
	}
	return limit - counted.left, nil
}

// counter stops after so many bytes.
type counter struct {
	r    io.Reader
	left int64
}

var errTooMuch = errors.New("the part is larger than a part may be")

func (c *counter) Read(p []byte) (int, error) {
	if c.left <= 0 {
		var one [1]byte
		if n, err := c.r.Read(one[:]); n == 0 {
			return 0, err
		}
		return 0, errTooMuch
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

func (c *counter) refusal(name string, err error) error {
	if errors.Is(err, errTooMuch) {
		return refuse("file.packed")
	}
	if _, told := fault.As(err); told {
		return err
	}
	return unsafe(fmt.Errorf("part %q: %w", name, err))
}

// checkRelations looks at what an Office document is put together from. Links
// that a reader may follow are all that may lead out of it: a picture or a
// template elsewhere tells its owner who opens the document, and when.
func checkRelations(r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, mostControl+1))
	if err != nil {
		return err
	}
	if len(text) > mostControl {
		return refuse("file.packed")
	}
	if err := checkXML(bytes.NewReader(text)); err != nil {
		return err
	}
	var relations struct {
		Relationship []struct {
			Type       string `xml:"Type,attr"`
			TargetMode string `xml:"TargetMode,attr"`
		}
	}
	if err := xml.Unmarshal(text, &relations); err != nil {
		return err
	}
	for _, x := range relations.Relationship {
		kind := path.Base(x.Type)
		if strings.EqualFold(x.TargetMode, "External") && kind != "hyperlink" && kind != "externalLinkPath" {
			return refuse("file.external")
		}
	}
	return nil
}

// identifyDocument says which office document the parts make.
func identifyDocument(z *zip.Reader) (Kind, error) {
	if kind, err := read(z, "mimetype"); err == nil {
		if string(kind) == ODT.Type && has(z, "content.xml") {
			return ODT, nil
		}
		return Kind{}, errUnknown
	}
	text, err := read(z, "[Content_Types].xml")
	if errors.Is(err, fs.ErrNotExist) {
		return Kind{}, errUnknown
	}
	if err != nil {
		return Kind{}, unsafe(err)
	}
	var types struct {
		Default []struct {
			ContentType string `xml:"ContentType,attr"`
		}
		Override []struct {
			PartName    string `xml:"PartName,attr"`
			ContentType string `xml:"ContentType,attr"`
		}
	}
	if err := xml.Unmarshal(text, &types); err != nil {
		return Kind{}, unsafe(err)
	}
	for _, t := range types.Default {
		if isMacro(t.ContentType) {
			return Kind{}, refuse("file.macros")
		}
	}
	var found []Kind
	for _, t := range types.Override {
		if isMacro(t.ContentType) {
			return Kind{}, refuse("file.macros")
		}
		for _, k := range []Kind{DOCX, XLSX} {
			if t.ContentType == k.Type+".main+xml" && has(z, strings.TrimPrefix(t.PartName, "/")) {
				found = append(found, k)
			}
		}
	}
	if len(found) != 1 {
		return Kind{}, errUnknown
	}
	return found[0], nil
}

func isMacro(contentType string) bool {
	t := strings.ToLower(contentType)
	return strings.Contains(t, "macroenabled") || strings.Contains(t, "vbaproject") || strings.Contains(t, "activex")
}

func has(z *zip.Reader, name string) bool {
	return slices.ContainsFunc(z.File, func(f *zip.File) bool { return f.Name == name })
}

// read gives a part that says what the document is. It has been checked before.
func read(z *zip.Reader, name string) ([]byte, error) {
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("part %q: %w", name, fs.ErrNotExist)
	}
	in, err := z.File[i].Open()
	if err != nil {
		return nil, fmt.Errorf("part %q: %w", name, err)
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, mostControl+1))
	if err == nil && len(text) > mostControl {
		err = errTooMuch
	}
	return text, err
}
