package blob

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"funn/internal/platform/fault"
	"funn/internal/platform/lang"
)

// part is an entry of an archive.
type part struct {
	name, content string
	header        func(*zip.FileHeader)
}

func archive(parts ...part) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range parts {
		h := &zip.FileHeader{Name: p.name, Method: zip.Deflate}
		if p.header != nil {
			p.header(h)
		}
		out, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(out, p.content)
		}
		if err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const relations = `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>`

// office makes a document whose main part has the content type, with more parts.
func office(mainType, mainPart string, more ...part) []byte {
	types := `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/` + mainPart + `" ContentType="` + mainType + `"/></Types>`
	return archive(append([]part{
		{name: "[Content_Types].xml", content: types},
		{name: "_rels/.rels", content: fmt.Sprintf(relations, `<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="`+mainPart+`"/>`)},
		{name: mainPart, content: "<?xml version=\"1.0\"?><w:document xmlns:w=\"x\"><w:t a='>' b=\"'\">Æ &amp; <!-- -- > --><![CDATA[<x>]]]></w:t></w:document>"},
	}, more...)...)
}

func docx(more ...part) []byte { return office(DOCX.Type+".main+xml", "word/document.xml", more...) }

func odt(more ...part) []byte {
	return archive(append([]part{
		{name: "mimetype", content: ODT.Type, header: func(h *zip.FileHeader) { h.Method = zip.Store }},
		{name: "content.xml", content: "<office:document-content xmlns:office='x'/>"},
		{name: "Configurations2/"},
	}, more...)...)
}

func spreadsheet(t testing.TB) []byte {
	f := excelize.NewFile()
	defer f.Close()
	if err := errors.Join(f.SetCellValue("Sheet1", "A1", "Tall"), f.SetCellHyperLink("Sheet1", "A1", "https://example.no", "External")); err != nil {
		t.Fatal(err)
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func picture(encode func(io.Writer, image.Image) error) []byte {
	var b bytes.Buffer
	if err := encode(&b, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func pngFile() []byte { return picture(png.Encode) }
func jpegFile() []byte {
	return picture(func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) })
}

const pdfFile = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"

func check(name string, content []byte) (Kind, error) {
	return Check(name, bytes.NewReader(content), int64(len(content)))
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	for name, content := range map[string][]byte{
		"rapport.pdf":            []byte(pdfFile),
		"Søknad – Æ Ø Å (2).PDF": []byte(pdfFile),
		"a.docx":                 docx(part{name: "word/media/image1.png", content: string(pngFile())}),
		"lenke.docx":             docx(part{name: "word/_rels/document.xml.rels", content: fmt.Sprintf(relations, `<Relationship Id="r" Type="http://x/hyperlink" Target="https://example.no" TargetMode="External"/>`)}),
		"budsjett.xlsx":          spreadsheet(t),
		"a.odt":                  odt(),
		"a.png":                  pngFile(),
		"a.jpg":                  jpegFile(),
		"a.jpeg":                 jpegFile(),
		"utf8.csv":               []byte("\xef\xbb\xbfNavn;Beløp\r\nÅse;1 000\r\n"),
		"excel.csv":              []byte("Navn;Bel\xf8p\r\n\xc5se;1000\r\n"),
		"a.txt":                  []byte("Hei\n\tÆØÅ < 3 og 4 > 2\f"),
		"nesten.txt":             []byte("PK er ikke alltid en pakke PK\x0a"),
	} {
		kind, err := check(name, content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasPrefix(strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]), kind.Name[:2]) {
			t.Errorf("%s is %s", name, kind.Name)
		}
		if got := mediaType(bytes.NewReader(content), int64(len(content))); got != kind.Type && kind != CSV {
			t.Errorf("%s looks like %s", name, got)
		}
	}
}

// bomb makes an archive with a part of so many zeros.
func bomb(n int) []byte {
	return docx(part{name: "word/media/image1.bmp", content: strings.Repeat("\x00", n)})
}

// lying makes a part whose size in the archive's list is a lie.
func lying(said int) []byte {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	content := bytes.Repeat([]byte(" "), 50<<20)
	if _, err := w.Write(content); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	out, err := z.CreateRaw(&zip.FileHeader{Name: "word/document.xml", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content), CompressedSize64: uint64(packed.Len()), UncompressedSize64: uint64(said)})
	if err != nil {
		panic(err)
	}
	if _, err := out.Write(packed.Bytes()); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func nest(depth int) string {
	return strings.Repeat("<a>", depth) + strings.Repeat("</a>", depth)
}

func rels(kind, mode string) part {
	return part{name: "word/_rels/settings.xml.rels", content: fmt.Sprintf(relations, `<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/`+kind+`" Target="http://evil.example/x" TargetMode="`+mode+`"/>`)}
}

// replaced gives a file with all occurrences of a text exchanged.
func replaced(file []byte, old, new string) []byte {
	return bytes.ReplaceAll(file, []byte(old), []byte(new))
}

func manyParts(n int) (parts []part) {
	for i := range n {
		parts = append(parts, part{name: fmt.Sprintf("word/%d.xml", i), content: "<a/>"})
	}
	return parts
}

// refused is a file that must not come in, with the key of its refusal.
type refused struct {
	name    string
	content []byte
	key     string
}

// bombs are small files that become large.
func bombs() []refused {
	return []refused{
		{"bomb.docx", bomb(100 << 20), "file.packed"},
		{"large.docx", bomb(300 << 20), "file.packed"},
		{"lying.docx", lying(1000), "file.damaged"},
		{"lying.docx", lying(10 << 30), "file.packed"},
		{"lying.docx", lying(2_000_000), "file.damaged"},
		{"chunks.png", manyChunks(), "file.damaged"},
	}
}

func hostile() []refused {
	return []refused{
		{"many.docx", docx(manyParts(2000)...), "file.packed"},
		{"up.docx", docx(part{name: "../../etc/passwd", content: "x"}), "file.damaged"},
		{"up.docx", docx(part{name: "word/../../x", content: "x"}), "file.damaged"},
		{"root.docx", docx(part{name: "/etc/passwd", content: "x"}), "file.damaged"},
		{"drive.docx", docx(part{name: `C:\x`, content: "x"}), "file.damaged"},
		{"link.docx", docx(part{name: "word/link", content: "/etc/passwd", header: func(h *zip.FileHeader) { h.SetMode(fs.ModeSymlink | 0o777) }}), "file.damaged"},
		{"device.docx", docx(part{name: "word/device", header: func(h *zip.FileHeader) { h.SetMode(fs.ModeDevice) }}), "file.damaged"},
		{"twice.docx", docx(part{name: "Word/Document.xml", content: "<b/>"}), "file.damaged"},
		{"nested.docx", docx(part{name: "word/embeddings/sheet.xlsx", content: "x"}), "file.nested"},
		{"nested.docx", docx(part{name: "word/media/image1.png", content: string(archive(part{name: "x"}))}), "file.nested"},
		{"nested.docx", docx(part{name: "word/media/image1.png", content: "Rar!\x1a\x07\x00"}), "file.nested"},
		{"macro.docx", docx(part{name: "word/vbaProject.bin", content: "x"}), "file.macros"},
		{"macro.docx", docx(part{name: "word/other.bin", content: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1..."}), "file.macros"},
		{"macro.docx", office("application/vnd.ms-word.document.macroEnabled.main+xml", "word/document.xml"), "file.macros"},
		{"program.docx", docx(part{name: "word/media/image1.png", content: "MZ\x90"}), "file.macros"},
		{"macro.odt", odt(part{name: "Basic/Standard/Module1.xml", content: "<a/>"}), "file.macros"},
		{"macro.odt", odt(part{name: "Scripts/python/x.py", content: "x"}), "file.macros"},
		{"template.docx", docx(rels("attachedTemplate", "External")), "file.external"},
		{"tracking.docx", docx(rels("image", "external")), "file.external"},
		{"deep.docx", docx(part{name: "word/deep.xml", content: nest(20_000)}), "file.xml"},
		{"deep.docx", docx(part{name: "word/deep.xml", content: nest(deepest + 1)}), "file.xml"},
		{"entities.docx", docx(part{name: "word/e.xml", content: `<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>`}), "file.xml"},
		{"wide.docx", docx(part{name: "word/e.xml", content: "\xff\xfe<\x00!\x00D\x00O\x00C\x00T\x00Y\x00P\x00E\x00 \x00a\x00>\x00"}), "file.xml"},
		{"broken.docx", docx(part{name: "word/e.xml", content: `<a b="`}), "file.damaged"},
		{"locked.docx", docx(part{name: "word/e.xml", content: "<a/>", header: func(h *zip.FileHeader) { h.Flags |= 1 }}), "file.encrypted"},
		{"cut.docx", docx()[:300], "file.damaged"},
		{"sum.docx", replaced(archive(part{name: "a", content: "abc", header: func(h *zip.FileHeader) { h.Method = zip.Store }}), "abc", "abd"), "file.damaged"},
		{"plain.docx", archive(part{name: "a.txt", content: "x"}), "file.content"},
		{"both.docx", archive(part{name: "[Content_Types].xml", content: `<Types><Override PartName="/a" ContentType="` + DOCX.Type + `.main+xml"/><Override PartName="/b" ContentType="` + XLSX.Type + `.main+xml"/></Types>`}, part{name: "a"}, part{name: "b"}), "file.content"},
		{"slides.docx", office("application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml", "ppt/presentation.xml"), "file.content"},
		{"book.odt", archive(part{name: "mimetype", content: "application/epub+zip"}), "file.content"},
		{"really.xlsx", docx(), "file.content"},
		{"really.pdf", docx(), "file.content"},
		{"really.docx", []byte(pdfFile), "file.content"},
		{"really.png", jpegFile(), "file.content"},
		{"really.txt", []byte(pdfFile), "file.content"},
		{"really.pdf", []byte("text"), "file.content"},
		{"old.docx", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)), "file.encrypted"},
		{"half.pdf", []byte(pdfFile[:30]), "file.damaged"},
		{"polyglot.pdf", append([]byte(pdfFile), docx()...), "file.damaged"},
		{"polyglot.png", append(pngFile(), docx()...), "file.damaged"},
		{"polyglot.jpg", append(jpegFile(), docx()...), "file.damaged"},
		{"polyglot.txt", append([]byte("hello"), archive(part{name: "a", content: "x", header: func(h *zip.FileHeader) { h.Method = zip.Store }})...), "file.content"},
		{"prefixed.docx", append([]byte("PK\x03\x04 something first"), docx()...), "file.damaged"},
		{"cut.png", pngFile()[:40], "file.damaged"},
		{"more.png", append(pngFile(), "<script>"...), "file.damaged"},
		{"cut.jpg", jpegFile()[:20], "file.damaged"},
		{"pixels.png", hugePNG(), "file.picture_size"},
		{"a.svg", []byte("<svg onload='alert(1)'/>"), "file.type"},
		{"a.html", []byte("<html>"), "file.type"},
		{"svg.png", []byte("<svg onload='alert(1)'/>"), "file.content"},
		{"svg.txt", []byte("\xef\xbb\xbf \n<?xml version='1.0'?><svg/>"), "file.content"},
		{"html.txt", []byte("some words first <HTML><body>"), "file.content"},
		{"script.csv", []byte("a;b\n<ScRiPt>alert(1)</script>"), "file.content"},
		{"shell.txt", []byte("#!/bin/sh\n"), "file.content"},
		{"nul.txt", append([]byte(strings.Repeat("text ", 2000)), 0), "file.damaged"},
		{"escape.txt", append([]byte(strings.Repeat("text ", 2000)), "\x1b[2J"...), "file.damaged"},
		{"program.exe", []byte("MZ"), "file.type"},
		{"noextension", []byte("text"), "file.type"},
		{"macro.docm", docx(), "file.type"},
		{"empty.txt", nil, "file.empty"},
		{"", []byte("text"), "file.name"},
		{"../a.txt", []byte("text"), "file.name"},
		{`a\b.txt`, []byte("text"), "file.name"},
		{"gpj.\u202etxt", []byte("text"), "file.name"},
		{"a\u200b.txt", []byte("text"), "file.name"},
		{"a\r\n.txt", []byte("text"), "file.name"},
		{"a\xff.txt", []byte("text"), "file.name"},
		{strings.Repeat("a", 197) + ".txt", []byte("text"), "file.name"},
	}
}

// chunk is a part of a PNG.
func chunk(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	b = append(append(b, kind...), content...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

func header(width, height uint32) []byte {
	b := binary.BigEndian.AppendUint32(nil, width)
	return chunk("IHDR", append(binary.BigEndian.AppendUint32(b, height), 8, 0, 0, 0, 0))
}

func hugePNG() []byte {
	return slices.Concat(pngMark, header(50_000, 50_000), chunk("IEND", nil))
}

func manyChunks() []byte {
	return slices.Concat(pngMark, header(1, 1), bytes.Repeat(chunk("tEXt", nil), mostChunks), chunk("IEND", nil))
}

// None comes in, each is refused by name, in little memory and time, and with a
// text in every language. Not parallel: it counts the memory of the program.
func TestRefuses(t *testing.T) {
	c := lang.NewCatalog()
	if err := c.Load(Messages); err != nil {
		t.Fatal(err)
	}
	if missing := c.Missing(); len(missing) > 0 {
		t.Errorf("texts missing: %v", missing)
	}
	used := map[string]bool{"file.too_large": true} // by Put
	for _, file := range append(hostile(), bombs()...) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		kind, err := check(file.name, file.content)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		f, ok := fault.As(err)
		if !ok || f.Kind != fault.Invalid || f.Key != file.key {
			t.Errorf("%.40q of %d bytes: %v, %v; want %s", file.name, len(file.content), kind, err, file.key)
			continue
		}
		used[f.Key] = true
		if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 16 {
			t.Errorf("%s took %d MiB of memory", file.name, used)
		}
		if took > 2*time.Second {
			t.Errorf("%s took %v", file.name, took)
		}
		for _, tag := range lang.Tags {
			if text := c.Printer(tag).T(f.Key, f.Args...); strings.ContainsAny(text, "{}⟦") {
				t.Errorf("%s in %s: %s", file.name, tag, text)
			}
		}
	}
	for _, key := range c.Keys() {
		if !used[key] {
			t.Errorf("no file is refused with %s", key)
		}
	}
}

// checkXML counts as encoding/xml does, where that reads the document at all.
func FuzzXML(f *testing.F) {
	for _, s := range []string{"<a/>", nest(255), nest(256), nest(257), `<a b="<>'/" c='"'><!----><!-- - -- ---><![CDATA[]]]]></a>`, "<?x ??><a></a>", "<!DOCTYPE a>", "<a", "<", "a\x00b", "<a><b></a>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := checkXML(strings.NewReader(text))
		d := xml.NewDecoder(strings.NewReader(text))
		depth, most, declared := 0, 0, false
		for {
			token, err := d.RawToken()
			if err != nil {
				if err != io.EOF {
					return // no XML: what checkXML says is as good
				}
				break
			}
			switch token.(type) {
			case xml.StartElement:
				depth++
				most = max(most, depth)
			case xml.EndElement:
				depth--
			case xml.Directive:
				declared = true
			}
		}
		if refused := err != nil; refused != (most > deepest || declared) {
			t.Fatalf("%q: depth %d, declares %v, checkXML says %v", text, most, declared, err)
		}
	})
}

// Whatever comes, Check answers with a kind that the name says or with a refusal.
func FuzzCheck(f *testing.F) {
	for _, file := range hostile() {
		f.Add(file.name, file.content)
	}
	for name, content := range map[string][]byte{"a.docx": docx(), "a.odt": odt(), "a.xlsx": spreadsheet(f), "a.png": pngFile(), "a.jpg": jpegFile(), "a.pdf": []byte(pdfFile), "a.csv": []byte("a;b")} {
		f.Add(name, content)
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		kind, err := check(name, content)
		if err != nil {
			if e, ok := fault.As(err); !ok || e.Kind != fault.Invalid || !strings.HasPrefix(e.Key, "file.") {
				t.Fatalf("%q: %v", name, err)
			}
			return
		}
		if i := strings.LastIndexByte(name, '.'); byExtension[strings.ToLower(name[i:])] != kind {
			t.Fatalf("%q is taken for %s", name, kind.Name)
		}
		if got := mediaType(bytes.NewReader(content), int64(len(content))); got != kind.Type && kind != CSV {
			t.Fatalf("%q is %s and looks like %s", name, kind.Type, got)
		}
	})
}
