package call_test

import (
	"slices"
	"strings"
	"testing"

	"funn/internal/call"
	"funn/internal/platform/fault"
)

// ids gives a form as its parts with the ids of their questions.
func ids(c *call.Call, stage string) string {
	var out []string
	for _, p := range c.Parts(stage) {
		var q []string
		for _, x := range p.Questions {
			q = append(q, x.ID)
		}
		out = append(out, p.ID+"("+strings.Join(q, " ")+")")
	}
	return strings.Join(out, " ")
}

const standardSketch = "ide(summary relevance) opplegg(questions methods use)"

// A question is set up wholly in the interface; each change takes the subject
// owner's approval back.
func TestSetUpTheForm(t *testing.T) {
	line := []string{"question", "new", "part", "ide", "question_kind", call.Line, "label_nb", "Kort navn", "label_nn", "Kort namn", "limit", "40"}
	pick := []string{"question", "new", "part", "opplegg", "question_kind", call.Pick, "label_nb", "Fag", "label_nn", "Fag", "options_nb", "Jus\n\nØkonomi\n", "options_nn", "Jus\nØkonomi", "required", "true"}
	each(t, func(t *testing.T, s *call.Service) {
		c := draft(t, s, whole...)
		if got := ids(c, call.Stage1); got != standardSketch {
			t.Fatalf("a new call asks for %s", got)
		}
		_, err := s.Kind.Do(fageier, c.ID, "approve_content", input())
		must(t, err)
		for _, x := range []struct {
			command string
			told    []string
			want    string
		}{
			{"set_question", line, "ide(summary relevance q1) opplegg(questions methods use)"},
			{"set_question", with(with(line, "question", "sketch.q1"), "part", "opplegg"), "ide(summary relevance) opplegg(questions methods use q1)"},
			{"move_question", []string{"question", "sketch.q1", "place", "ide"}, "ide(q1 summary relevance) opplegg(questions methods use)"},
			{"move_question", []string{"question", "sketch.summary", "place", "sketch.methods"}, "ide(q1 relevance) opplegg(questions methods summary use)"},
			{"move_question", []string{"question", "sketch.questions", "place", "sketch.methods"}, "ide(q1 relevance) opplegg(methods questions summary use)"},
			{"remove_question", []string{"question", "sketch.questions"}, "ide(q1 relevance) opplegg(methods summary use)"},
			{"set_part", []string{"part", "new-sketch", "name_nb", "Mer", "name_nn", "Meir"}, "ide(q1 relevance) opplegg(methods summary use) p1()"},
			{"set_question", pick, "ide(q1 relevance) opplegg(methods summary use q2) p1()"},
			{"remove_part", []string{"part", "ide"}, "opplegg(methods summary use q2) p1()"},
		} {
			c, err = s.Kind.Do(fou, c.ID, x.command, input(x.told...))
			must(t, err)
			if got := ids(c, call.Stage1); got != x.want {
				t.Errorf("after %s %v: %s, want %s", x.command, x.told, got, x.want)
			}
			if !c.ContentAt.IsZero() {
				t.Errorf("%s leaves the approval of the content", x.command)
			}
		}
		_, q, _ := c.QuestionOf("sketch.q2")
		if len(q.Options) != 2 || q.Options[1]["nn"] != "Økonomi" || !q.Required {
			t.Errorf("the choice: %+v", q)
		}
		if got := ids(c, call.Stage2); !strings.HasPrefix(got, "nytte(summary relevance use) forskning(") {
			t.Errorf("the application asks for %s", got)
		}
		again, err := s.Kind.Create(fou, "copy", input("original", c.ID, "title", "Neste"), nil)
		must(t, err)
		if ids(again, call.Stage1) != ids(c, call.Stage1) {
			t.Errorf("the copy asks for %s", ids(again, call.Stage1))
		}
	})
}

func TestRefusedForms(t *testing.T) {
	base := []string{"question", "new", "part", "ide", "question_kind", call.Line, "label_nb", "x", "label_nn", "x", "limit", "40"}
	each(t, func(t *testing.T, s *call.Service) {
		c := draft(t, s, whole...)
		full := []string{"set_question", "set_question", "set_question", "set_question"}
		for range full {
			_, err := s.Kind.Do(fou, c.ID, "set_question", input(base...))
			must(t, err)
		}
		opplegg := with(base, "part", "opplegg")
		choice := append(with(opplegg, "question_kind", call.Pick), "options_nb", "A\nB", "options_nn", "A\nB")
		for _, x := range []struct {
			command, field, key string
			told                []string
		}{
			{"set_question", "part", "call.part_full", base},
			{"set_question", "limit", "call.limit_missing", with(opplegg, "limit", "")},
			{"set_question", "limit", "call.limit_most", with(opplegg, "limit", "20001")},
			{"set_question", "options_nb", "call.options_few", with(choice, "options_nb", "A")},
			{"set_question", "options_nn", "call.options_count", with(choice, "options_nn", "A\nB\nC")},
			{"set_question", "options_en", "call.options_count", append(slices.Clone(choice), "options_en", "A")},
			{"set_question", "part", "call.other_stage", with(with(base, "question", "sketch.summary"), "part", "nytte")},
			{"move_question", "place", "call.part_full", []string{"question", "sketch.methods", "place", "ide"}},
			{"move_question", "place", "call.other_stage", []string{"question", "sketch.methods", "place", "nytte"}},
			{"move_question", "place", "call.same_place", []string{"question", "sketch.methods", "place", "sketch.methods"}},
			{"set_question", "part", "form.not_an_option", with(base, "part", "nei")},
			{"remove_question", "question", "form.not_an_option", []string{"question", "sketch.nei"}},
			{"set_part", "name_nn", "form.required.text", []string{"part", "new-sketch", "name_nb", "x"}},
		} {
			_, err := s.Kind.Do(fou, c.ID, x.command, input(x.told...))
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Invalid || len(f.Fields) != 1 || f.Fields[0].Name != x.field || f.Fields[0].Key != x.key {
				t.Errorf("%s %v: %v, want %s at %s", x.command, x.told, err, x.key, x.field)
			}
		}
		after, err := s.Kind.Load(fou, c.ID)
		must(t, err)
		if got := ids(after, call.Stage1); got != "ide(summary relevance q1 q2 q3 q4) opplegg(questions methods use)" {
			t.Errorf("what was refused changed the form: %s", got)
		}
		a := approved(t, s)
		_, err = s.Kind.Do(fou, a.ID, "set_question", input(opplegg...))
		refused(t, "a question to an approved call", fault.Conflict, "", err)
	})
}

// A form says everything in both language forms, and no part is too long for a page.
func TestStandardForm(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range call.StandardForm() {
		if seen[p.ID] {
			t.Errorf("two parts %s", p.ID)
		}
		seen[p.ID] = true
		if n := len(p.Questions); n == 0 || n > call.MostQuestions {
			t.Errorf("%s has %d questions", p.ID, n)
		}
		for _, q := range p.Questions {
			key := p.Stage + "." + q.ID
			if seen[key] {
				t.Errorf("two questions %s", key)
			}
			seen[key] = true
			for _, tag := range []string{"nb", "nn", "en"} {
				if q.Labels[tag] == "" || p.Names[tag] == "" || q.Helps != nil && q.Helps[tag] == "" {
					t.Errorf("%s says nothing in %s", key, tag)
				}
			}
		}
	}
	if !seen["application.methods"] || !seen["sketch.methods"] {
		t.Error("the application does not begin with what the sketch said")
	}
}
