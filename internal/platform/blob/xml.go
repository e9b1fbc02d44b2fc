package blob

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// deepest is how deep elements may stand in each other. Programs that read
// documents call themselves for each step and may run out of stack.
const deepest = 256

// checkXML goes through an XML document in constant memory. It refuses elements
// that stand too deep in each other, and definitions of the document's own
// (DOCTYPE), through which XML reads other files and grows without end. It does
// not say whether the XML is right otherwise.
func checkXML(r io.Reader) error {
	in := bufio.NewReaderSize(noNUL{r}, 32<<10)
	depth := 0
	for {
		if err := skip(in, "<"); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		next, err := in.Peek(1)
		if err != nil {
			return broken(err)
		}
		switch next[0] {
		case '?':
			err = skip(in, "?>")
		case '!':
			err = skipMarkup(in)
		case '/':
			depth--
			err = skip(in, ">")
		default:
			var closed bool
			closed, err = skipTag(in)
			if depth++; depth > deepest {
				return refuse("file.xml")
			}
			if closed {
				depth--
			}
		}
		if err != nil {
			return broken(err)
		}
	}
}

// noNUL refuses NUL bytes: XML in an encoding that has them would be read
// otherwise by others than by checkXML.
type noNUL struct{ r io.Reader }

func (n noNUL) Read(p []byte) (int, error) {
	got, err := n.r.Read(p)
	if bytes.IndexByte(p[:got], 0) >= 0 {
		return 0, refuse("file.xml")
	}
	return got, err
}

func broken(err error) error {
	if err == io.EOF {
		return errors.New("the XML breaks off")
	}
	return err
}

// skip reads to the end of the first mark: "<", "?>", "-->" and the like.
func skip(in *bufio.Reader, mark string) error {
	for n := 0; n < len(mark); {
		b, err := in.ReadByte()
		switch {
		case err != nil:
			return err
		case b == mark[n]:
			n++
		case n == 2 && b == mark[0] && b == mark[1]: // a third "-" or "]": the last two count
		case b == mark[0]:
			n = 1
		default:
			n = 0
		}
	}
	return nil
}

// skipMarkup passes over a comment or text that is not markup; anything else that
// begins with <! defines something.
func skipMarkup(in *bufio.Reader) error {
	for begin, end := range map[string]string{"!--": "-->", "![CDATA[": "]]>"} {
		next, err := in.Peek(len(begin))
		if err == nil && string(next) == begin {
			if _, err := in.Discard(len(begin)); err != nil {
				return err
			}
			return skip(in, end)
		}
	}
	return refuse("file.xml")
}

// skipTag passes over a tag that opens, and says whether it also closes.
func skipTag(in *bufio.Reader) (closed bool, err error) {
	var last byte
	for {
		b, err := in.ReadByte()
		if err != nil {
			return false, err
		}
		switch {
		case b == '>':
			return last == '/', nil
		case b == '"' || b == '\'':
			if err := skip(in, string(b)); err != nil {
				return false, err
			}
		}
		last = b
	}
}
