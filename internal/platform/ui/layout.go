package ui

import "github.com/a-h/templ"

// PanelProps is a box with a heading.
type PanelProps struct {
	Title  string
	Level  int             // of the heading, 2 when 0
	Tone   Tone            // Neutral when empty
	Action templ.Component // a link or button beside the heading
}

// CardProps is a box that leads to one page.
type CardProps struct {
	Kicker string // what kind of thing it is
	Title  string
	Href   string
	Level  int // of the heading, 3 when 0
	Text   string
	Tags   []TagProps
	Meta   []string // short facts: year, institution
	Icon   Icon
}

// Tab is one page of a record that has several, each with its own address.
type Tab struct {
	Label   string
	Href    string
	Current bool
	Count   int // shown when above 0
}

// ProgressProps is how far something has come.
type ProgressProps struct {
	Value, Max int    // Max 0 means that nobody knows how far
	Label      string // what it is the progress of, for those who do not see it
	Text       string // the figure in words, such as "72 %"
}

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	StepDone    StepState = "done"
	StepCurrent StepState = "current"
	StepTodo    StepState = "todo"
	StepLate    StepState = "late"    // should have been done
	StepStopped StepState = "stopped" // will not be done
)

// Step is one step of a course of events.
type Step struct {
	Title string
	Href  string
	Date  string // when, in words: "Frist 1. juni 2026"
	Text  string // more about it
	State StepState
	Tag   *TagProps
}

// EmptyProps says why a list is empty and what the next step is.
type EmptyProps struct {
	Title  string
	Text   string
	Action templ.Component
}

// Item is one line of a list of records, such as a search hit or a task.
type Item struct {
	Kicker string // what kind of thing, its number
	Title  string
	Href   string
	Lang   string // language of the title when it is not the page's
	Text   string
	// TextLang is the language of Text when it is not the page's.
	TextLang string
	Tags     []TagProps
	Meta     []string
	Due      string // when it must be done, in words
	Late     bool   // that time has passed
	Action   templ.Component
}

// Task is one part of a long form or of a piece of work.
type Task struct {
	Title string
	Href  string // nothing when the part cannot be opened yet
	Hint  string
	State TagProps // "Ferdig" in Neutral: what is done is plain, what is left stands out
	Done  bool
}

// Answer is one answer of a form, shown before it is sent.
type Answer struct {
	Label    string          // the question
	Value    string          // what was answered
	Shown    templ.Component // in place of Value
	EditHref string          // the page where it is changed; no link when empty
}

func (s StepState) word() string {
	switch s {
	case StepDone:
		return "ui.state_done"
	case StepCurrent:
		return "ui.state_current"
	case StepLate:
		return "ui.state_late"
	case StepStopped:
		return "ui.state_stopped"
	default:
		return "ui.state_todo"
	}
}

func (s StepState) icon() Icon {
	switch s {
	case StepDone:
		return "Checkmark"
	case StepLate:
		return "Exclamationmark"
	case StepStopped:
		return "XMark"
	default:
		return ""
	}
}
