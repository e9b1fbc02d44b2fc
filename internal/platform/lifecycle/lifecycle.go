// Package lifecycle describes a kind of record's life as data: its states, the
// commands that move it, who may give each, and by when.
//
// From the description come the buttons, the permission check, the task lists,
// the deadlines, the history, the diagram in the docs and the access tests.
// Nothing else knows the rules. The rules that need to look into the record are
// functions beside the data (package record).
package lifecycle

import (
	"fmt"
	"slices"
	"strings"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
)

// Tone is how a state is coloured. The word always stands beside the colour.
type Tone string

// The tones of the design system.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "error"
)

// State is one stage of a record's life.
type State struct {
	Name  string // code, such as "MELDT"; the state's own label is the message KIND.state.NAME
	Label string // public label; several states may share one: the message KIND.label.LABEL
	Tone  Tone
	Final bool // nothing more is expected; days are no longer counted
	// Untold is the state that people outside the agency are told that the record is in,
	// where this one is a step of the agency's own that would tell them what is coming.
	Untold string
	// UntoldBy gives what is told in place of Untold of a record with a flag: of one that
	// came from another state that was told.
	UntoldBy map[string]string
}

// Command is one thing an actor can do to a record. A command with To moves it
// to another state; one without changes it where it stands.
type Command struct {
	Name   string   // in events and message keys, English: "clarify"
	Path   string   // in addresses, Norwegian ASCII: "klargjor"
	Create bool     // makes a new record; From is empty
	From   []string // states in which it can be given
	To     []string // state it leads to; several when the input decides; none when the record stays

	Who    []access.Rule // who may give it
	System bool          // only the program gives it
	NotBy  []string      // commands whose latest giver may not give this one: two people must agree

	Fields []form.Field // what must be told
	Reason bool         // a written reason is demanded
	Own    bool         // given on a page that the module has itself, below the record's address and Path
	Edit   bool         // shows what is stored and replaces it: two editors must see each other

	Task    bool // somebody is expected to do this: it stands in their task list
	Days    int  // days from entering the state until the task is due; 0 means no deadline
	Confirm bool // cannot be undone: a page says what will happen
	Danger  bool // takes something away; its button is not the first choice

	Notify []access.Rule // who is told afterwards; "decided" and "told" are different events
	Ground string        // where the rule is written: "FP §8.2 tabell 1"
}

// Lifecycle is the life of one kind of record.
type Lifecycle struct {
	Kind     string
	Initial  []string // states in which a record can begin
	States   []State
	Commands []Command
}

// State gives the state with the name.
func (l Lifecycle) State(name string) (State, bool) {
	i := slices.IndexFunc(l.States, func(s State) bool { return s.Name == name })
	if i < 0 {
		return State{}, false
	}
	return l.States[i], true
}

// Command gives the command with the name.
func (l Lifecycle) Command(name string) (Command, bool) {
	i := slices.IndexFunc(l.Commands, func(c Command) bool { return c.Name == name })
	if i < 0 {
		return Command{}, false
	}
	return l.Commands[i], true
}

// From gives the commands that can be given in the state.
func (l Lifecycle) From(state string) []Command {
	var out []Command
	for _, c := range l.Commands {
		if slices.Contains(c.From, state) {
			out = append(out, c)
		}
	}
	return out
}

// Validate finds what is wrong with a declaration: states that nothing leads to
// or out of, names used twice, commands nobody may give.
func (l Lifecycle) Validate() error {
	var wrong []string
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	names := map[string]bool{}
	for _, s := range l.States {
		if names[s.Name] {
			bad("state %s stands twice", s.Name)
		}
		names[s.Name] = true
	}
	labels := map[string]bool{}
	for _, s := range l.States {
		labels[s.Label] = true
	}
	if len(labels) > 6 {
		bad("%d public labels; a reader keeps six apart", len(labels))
	}
	reached := map[string]bool{}
	for _, s := range l.Initial {
		reached[s] = true
	}
	seen := map[string]bool{}
	for _, c := range l.Commands {
		if seen[c.Name] || seen["/"+c.Path] {
			bad("command %s (%s) stands twice", c.Name, c.Path)
		}
		seen[c.Name], seen["/"+c.Path] = true, true
		if c.System == (len(c.Who) > 0) {
			bad("command %s must be for the system or for somebody, not both or neither", c.Name)
		}
		if c.Create != (len(c.From) == 0) {
			bad("command %s must either create or name the states it starts from", c.Name)
		}
		for _, s := range append(slices.Clone(c.From), c.To...) {
			if !names[s] {
				bad("command %s names the unknown state %s", c.Name, s)
			}
		}
		for _, s := range c.To {
			reached[s] = true
		}
		for _, other := range c.NotBy {
			if _, ok := l.Command(other); !ok {
				bad("command %s must not be given by who gave the unknown command %s", c.Name, other)
			}
		}
	}
	for _, s := range l.States {
		if !reached[s.Name] {
			bad("nothing leads to state %s", s.Name)
		}
		leaves := slices.ContainsFunc(l.From(s.Name), func(c Command) bool {
			return slices.ContainsFunc(c.To, func(to string) bool { return to != s.Name })
		})
		if !leaves && !s.Final {
			bad("nothing leads out of state %s", s.Name)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("lifecycle %s: %s", l.Kind, strings.Join(wrong, "; "))
	}
	return nil
}

// Mermaid draws the lifecycle for the docs.
func (l Lifecycle) Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, s := range l.Initial {
		fmt.Fprintf(&b, "    [*] --> %s\n", ascii(s))
	}
	for _, c := range l.Commands {
		for _, to := range c.To {
			for _, from := range c.From {
				if from != to {
					fmt.Fprintf(&b, "    %s --> %s: %s\n", ascii(from), ascii(to), c.Name)
				}
			}
		}
	}
	for _, s := range l.States {
		if s.Final {
			fmt.Fprintf(&b, "    %s --> [*]\n", ascii(s.Name))
		}
	}
	return b.String()
}

func ascii(s string) string {
	return strings.NewReplacer("Æ", "AE", "Ø", "O", "Å", "A").Replace(s)
}
