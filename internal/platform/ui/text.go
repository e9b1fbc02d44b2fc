package ui

import "github.com/a-h/templ"

// HeadProps is the top of a page about one record.
type HeadProps struct {
	Kicker string // what kind of thing and its number: "Prosjekt P-2022-041"
	Title  string
	Lang   string // language of the title when it is not the page's
	Tags   []TagProps
	Lead   string          // the most important thing in one or two sentences
	Action templ.Component // buttons that belong to the whole record
}

// TagProps is a short word about the state of something, with a colour.
type TagProps struct {
	Tone Tone
	Text string
}

// Fact is one line of a list of facts. Value wins over Text; a Text with a
// Href is a link.
type Fact struct {
	Label string
	Text  string
	Href  string
	Value templ.Component
}

// KeyFigureProps is one number that matters.
type KeyFigureProps struct {
	Value string // the number as it is written, such as "22 mill. kr"
	Label string // what it counts
	Note  string // what to compare it with, or its source
	Href  string // the list behind the number
	Tone  Tone
}

// AlertProps is a message inside a page.
type AlertProps struct {
	Tone  Tone // Info, Success, Warning or Error
	Title string
	Level int // of the heading, 2 when 0
}

// toneIcon is the picture that goes with a tone.
func toneIcon(tone Tone) Icon {
	switch tone {
	case Success:
		return "CheckmarkCircleFill"
	case Warning:
		return "ExclamationmarkTriangleFill"
	case Error:
		return "XMarkOctagonFill"
	default:
		return "InformationSquareFill"
	}
}

// toneWord is what a screen reader hears in place of the picture.
func toneWord(tone Tone) string {
	switch tone {
	case Success:
		return "ui.status_success"
	case Warning:
		return "ui.status_warning"
	case Error:
		return "ui.status_error"
	default:
		return "ui.status_info"
	}
}
