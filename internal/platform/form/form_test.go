package form_test

import (
	"context"
	"net/url"
	"testing"

	"funn/internal/platform/fault"
	"funn/internal/platform/form"
)

// What is kept of an answer, or what is wrong with it, for each type of field.
func TestParse(t *testing.T) {
	t.Parallel()
	options := form.Codes("x", "a", "b")
	for _, c := range []struct {
		name  string
		field form.Field
		sent  []string
		want  []string
		wrong string
	}{
		{name: "a line", field: form.Field{}, sent: []string{" Ærlig "}, want: []string{"Ærlig"}},
		{name: "a line that was two", field: form.Field{}, sent: []string{"Title\r\nBcc: all@example.no"}, want: []string{"Title Bcc: all@example.no"}},
		{name: "a line of signs only", field: form.Field{Required: true}, sent: []string{"\x1b\x07"}, wrong: "form.required.text"},
		{name: "several lines", field: form.Field{Type: form.Area}, sent: []string{"One\r\n\r\nTwo"}, want: []string{"One\n\nTwo"}},
		{name: "too long", field: form.Field{Max: 3}, sent: []string{"æøåæ"}, wrong: "form.too_long"},
		{name: "just long enough", field: form.Field{Max: 3}, sent: []string{"æøå"}, want: []string{"æøå"}},
		{name: "broken text", field: form.Field{}, sent: []string{"a\xff"}, wrong: "error.text_encoding"},
		{name: "a day", field: form.Field{Type: form.Day}, sent: []string{"1.2.2027"}, want: []string{"2027-02-01"}},
		{name: "no day", field: form.Field{Type: form.Day}, sent: []string{"31.2.2027"}, wrong: "form.day"},
		{name: "money", field: form.Field{Type: form.Money}, sent: []string{"1 200 000,50"}, want: []string{"120000050"}},
		{name: "less than nothing", field: form.Field{Type: form.Money}, sent: []string{"-5"}, wrong: "form.money"},
		{name: "a number", field: form.Field{Type: form.Number, Min: 2}, sent: []string{"1"}, wrong: "form.number_min"},
		{name: "an option", field: form.Field{Type: form.Choice, Options: options}, sent: []string{"a"}, want: []string{"a"}},
		{name: "no option", field: form.Field{Type: form.Choice, Options: options}, sent: []string{"c"}, wrong: "form.not_an_option"},
		{name: "options, one twice", field: form.Field{Type: form.Choices, Options: options}, sent: []string{"b", "", "a", "b"}, want: []string{"b", "a"}},
		{name: "no options", field: form.Field{Type: form.Choices, Options: options, Required: true}, wrong: "form.required.choices"},
		{name: "a box", field: form.Field{Type: form.Tick}, sent: []string{"yes"}, wrong: "form.not_an_option"},
	} {
		c.field.Name = "f"
		fields := []form.Field{c.field}
		v, err := form.Parse(context.Background(), fields, url.Values{"f": c.sent, "state": {"DONE"}}, nil, nil)
		key := ""
		if f, ok := fault.As(err); ok {
			key = f.Fields[0].Key
		}
		if got := v.List("f"); key != c.wrong || len(got) != len(c.want) || len(got) > 0 && got[0] != c.want[0] {
			t.Errorf("%s: %q, %q; want %q, %q", c.name, got, key, c.want, c.wrong)
		}
		if v.Has("state") {
			t.Errorf("%s: a field that was not asked for is kept", c.name)
		}
		// What is kept passes the check of values that did not come through a form.
		if err == nil {
			if err := form.Check(context.Background(), fields, v, nil); err != nil {
				t.Errorf("%s: what is kept is refused: %v", c.name, err)
			}
		}
	}
}
