package recordweb_test

import (
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"funn/internal/platform/access"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
	"funn/internal/platform/recordweb"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	l := lifecycle.Lifecycle{
		Kind:   "case",
		States: []lifecycle.State{{Name: "OPEN", Label: "open"}, {Name: "SHUT", Label: "open"}},
		Commands: []lifecycle.Command{
			{
				Name: "shut", Confirm: true, Task: true, Who: []access.Rule{{Relations: []string{"owner"}}, {Roles: []access.Role{"boss"}}},
				Fields: []form.Field{{Name: "why", Options: append(form.Codes("why", "old"), form.Option{Value: "nb", Label: "Bokmål"})}, {Name: "title"}},
			},
			{Name: "expire", System: true},
		},
	}
	want := [][]string{
		{"case.name"},
		{"case.name_plural"},
		{"case.state.OPEN"},
		{"case.label.open"},
		{"case.state.SHUT"},
		{"case.shut.event"},
		{"case.shut.title"},
		{"case.shut.button"},
		{"case.shut.done"},
		{"case.shut.task"},
		{"case.shut.consequence"},
		{"case.shut.why", "case.field.why", "form.field.why"},
		{"why.old"},
		{"case.field.title", "form.field.title"},
		{"relation.owner"},
		{"role.boss"},
		{"case.expire.event"},
	}
	if diff := cmp.Diff(want, recordweb.Keys(l)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	c := lang.NewCatalog()
	some := `{"case.name": "x", "case.name_plural": "x", "case.state.OPEN": "x", "case.label.open": "x", "case.shut.event": "x",
		"case.shut.title": "x", "case.shut.button": "x", "case.shut.done": "x", "case.shut.task": "x", "case.field.why": "x", "relation.owner": "x"}`
	if err := c.Load(fstest.MapFS{"messages/nb.json": {Data: []byte(some)}}); err != nil {
		t.Fatal(err)
	}
	missing := []string{"case.state.SHUT", "case.shut.consequence", "why.old", "case.field.title", "role.boss", "case.expire.event"}
	if diff := cmp.Diff(missing, recordweb.MissingTexts(c, l)); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}
