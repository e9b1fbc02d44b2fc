package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/jpeg" // for the size of pictures
	_ "image/png"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"funn/internal/platform/fault"
)

// Kind is a kind of file that may come in.
type Kind struct {
	Name string // pdf, docx, xlsx, odt, png, jpeg, csv, txt
	Type string // media type to send it with
}

// The kinds of file that may come in. SVG and HTML are not among them: a browser
// runs what they hold.
var (
	PDF  = Kind{"pdf", "application/pdf"}
	DOCX = Kind{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}
	XLSX = Kind{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
	ODT  = Kind{"odt", "application/vnd.oasis.opendocument.text"}
	PNG  = Kind{"png", "image/png"}
	JPEG = Kind{"jpeg", "image/jpeg"}
	CSV  = Kind{"csv", "text/csv"}
	TXT  = Kind{"txt", "text/plain"}
)

var byExtension = map[string]Kind{
	".pdf": PDF, ".docx": DOCX, ".xlsx": XLSX, ".odt": ODT, ".png": PNG, ".jpg": JPEG, ".jpeg": JPEG, ".csv": CSV, ".txt": TXT,
}

// Kinds lists the kinds of file that may come in, for the text of an upload field.
func Kinds() []Kind { return []Kind{PDF, DOCX, XLSX, ODT, PNG, JPEG, CSV, TXT} }

const (
	mostPixels  = 100_000_000 // a picture takes 4 bytes each when it is shown
	longestName = 200         // bytes
	mostChunks  = 100_000     // parts of a PNG
)

// Check says whether a file may come in, by its name and by all of its content,
// and what it is. A refusal is an Invalid fault with a key file.* that says what
// the user can do. size is the number of bytes that r holds; the caller has
// limited it. Check needs little memory whatever the file holds.
//
// A kind is believed when name and content agree. Documents of several parts are
// unpacked within limits to find what could harm a reader: programs (macros),
// parts that are archives themselves, contents fetched from elsewhere.
func Check(name string, r io.ReaderAt, size int64) (Kind, error) {
	if err := checkName(name); err != nil {
		return Kind{}, err
	}
	extension := strings.ToLower(path.Ext(name))
	said, ok := byExtension[extension]
	if !ok {
		return Kind{}, refuse("file.type", "extension", extension, "allowed", allowed())
	}
	if size == 0 {
		return Kind{}, refuse("file.empty")
	}
	is, err := identify(r, size)
	if err != nil && !errors.Is(err, errUnknown) {
		return Kind{}, err
	}
	if is == TXT && said == CSV {
		is = CSV // a list is text; nothing in it says which of the two
	}
	if is != said {
		return Kind{}, refuse("file.content", "extension", extension)
	}
	return is, nil
}

func allowed() string {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

func refuse(key string, args ...any) error { return fault.New(fault.Invalid, key, args...) }

// unsafe is the refusal of what is damaged, or made to be misread.
func unsafe(cause error) error { return fault.Wrap(fault.Invalid, cause, "file.damaged") }

// checkName refuses names that look like other names, or like paths.
func checkName(name string) error {
	bad := name == "" || len(name) > longestName || !utf8.ValidString(name) || strings.ContainsAny(name, `/\:`) ||
		strings.ContainsFunc(name, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) // Cf: text that runs backwards, invisible letters
		})
	if bad {
		return refuse("file.name")
	}
	return nil
}

// errUnknown says that the content is of no kind that may come in.
var errUnknown = errors.New("content of an unknown kind")

// identify says what a file is by its content, or why it may not come in.
func identify(r io.ReaderAt, size int64) (Kind, error) {
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return Kind{}, fmt.Errorf("read the file: %w", err)
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return identifyPackage(r, size)
	}
	kind, err := identifyPlain(r, size, head)
	if err != nil {
		return Kind{}, err
	}
	// Programs that read archives look at the end of a file, those that show
	// pictures at its beginning: one file can be both.
	both, err := isPackage(r, size)
	if err != nil {
		return Kind{}, err
	}
	if both {
		return Kind{}, unsafe(fmt.Errorf("the %s is an archive too", kind.Name))
	}
	return kind, nil
}

// mediaType says what a file looks like, without looking for harm.
func mediaType(r io.ReaderAt, size int64) string {
	const unknown = "application/octet-stream"
	head := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return unknown
	}
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		if z, err := openPackage(r, size); err == nil {
			if kind, err := identifyDocument(z); err == nil {
				return kind.Type
			}
		}
	case bytes.HasPrefix(head, pdfMark):
		return PDF.Type
	case bytes.HasPrefix(head, pngMark):
		return PNG.Type
	case bytes.HasPrefix(head, jpegMark):
		return JPEG.Type
	case size > 0 && checkText(r, size, head) == nil:
		return TXT.Type
	}
	return unknown
}

// What files begin with.
var (
	pdfMark  = []byte("%PDF-")
	pngMark  = []byte("\x89PNG\r\n\x1a\n")
	jpegMark = []byte("\xff\xd8\xff")
	oleMark  = []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") // Office documents with a password, and those before 2007
)

func identifyPlain(r io.ReaderAt, size int64, head []byte) (Kind, error) {
	switch {
	case bytes.HasPrefix(head, pdfMark):
		return PDF, checkPDF(r, size)
	case bytes.HasPrefix(head, pngMark):
		if err := checkPNG(r, size); err != nil {
			return Kind{}, err
		}
		return PNG, checkPicture(r, size)
	case bytes.HasPrefix(head, jpegMark):
		return JPEG, checkPicture(r, size)
	}
	if bytes.HasPrefix(head, oleMark) {
		return Kind{}, refuse("file.encrypted")
	}
	return TXT, checkText(r, size, head)
}

// checkPDF wants the end of a PDF, which an upload that broke off lacks.
func checkPDF(r io.ReaderAt, size int64) error {
	tail := make([]byte, min(size, 4096))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the file: %w", err)
	}
	if !bytes.Contains(tail, []byte("%%EOF")) {
		return unsafe(errors.New("the PDF has no end"))
	}
	return nil
}

// checkPNG goes through the parts of a picture: it ends where its last part ends.
func checkPNG(r io.ReaderAt, size int64) error {
	at := int64(8)
	for range mostChunks {
		var head [8]byte
		if _, err := r.ReadAt(head[:], at); err != nil {
			return unsafe(fmt.Errorf("the PNG breaks off: %w", err))
		}
		at += 12 + int64(binary.BigEndian.Uint32(head[:4])) // length, kind, content, sum
		if string(head[4:]) == "IEND" {
			if at != size {
				return unsafe(fmt.Errorf("the PNG ends at %d of %d", at, size))
			}
			return nil
		}
	}
	return unsafe(errors.New("the PNG has too many parts"))
}

func checkPicture(r io.ReaderAt, size int64) error {
	c, _, err := image.DecodeConfig(io.NewSectionReader(r, 0, size))
	if err != nil {
		return unsafe(err)
	}
	if int64(c.Width)*int64(c.Height) > mostPixels {
		return refuse("file.picture_size", "most", mostPixels/1_000_000)
	}
	return nil
}

// checkText takes UTF-8 and the older Western encoding that Excel writes, and
// nothing that a browser might run.
func checkText(r io.ReaderAt, size int64, head []byte) error {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	guess := http.DetectContentType(head)
	low := bytes.ToLower(head)
	for _, mark := range []string{"<svg", "<html", "<script", "<!doctype", "<?xml", "<?php"} {
		if bytes.Contains(low, []byte(mark)) {
			guess = "text/html"
		}
	}
	if !strings.HasPrefix(guess, "text/plain") || bytes.HasPrefix(head, []byte("#!")) {
		return errUnknown
	}
	buf := make([]byte, 64<<10)
	for at := int64(0); at < size; {
		n, err := r.ReadAt(buf, at)
		if n == 0 && err != nil {
			return fmt.Errorf("read the file: %w", err)
		}
		if slices.ContainsFunc(buf[:n], func(b byte) bool { return b < ' ' && !strings.ContainsRune("\t\n\r\f", rune(b)) }) {
			return unsafe(errors.New("the text holds bytes that no text holds"))
		}
		at += int64(n)
	}
	return nil
}
