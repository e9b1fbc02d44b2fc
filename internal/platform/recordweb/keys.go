package recordweb

import (
	"slices"

	"funn/internal/platform/lang"
	"funn/internal/platform/lifecycle"
)

// Keys gives the message keys that the pages of a kind need by convention, as
// its lifecycle tells. Each entry holds alternatives, of which one is enough: a
// field has the command's own words or the kind's.
//
// What a lifecycle does not tell is left out: alerts, names of links, and the
// grounds that the module's own rules give.
func Keys(l lifecycle.Lifecycle) [][]string {
	var out [][]string
	need := func(alternatives ...string) {
		if !slices.ContainsFunc(out, func(k []string) bool { return slices.Equal(k, alternatives) }) {
			out = append(out, alternatives)
		}
	}
	need(l.Kind + ".name")
	need(l.Kind + ".name_plural")
	for _, s := range l.States {
		need(l.Kind + ".state." + s.Name)
		need(l.Kind + ".label." + s.Label)
	}
	for _, c := range l.Commands {
		own := l.Kind + "." + c.Name + "."
		need(own + "event")
		if !c.System {
			need(own + "title")
			need(own + "button")
			need(own + "done")
		}
		if c.Task {
			need(own + "task")
		}
		if c.Confirm {
			need(own + "consequence")
		}
		for _, f := range c.Fields {
			need(fieldKeys(l.Kind, c.Name, f.Name)...)
			for _, o := range f.Options {
				if o.Label == "" {
					need(o.Key)
				}
			}
		}
		for _, r := range append(slices.Clone(c.Who), c.Notify...) {
			for _, relation := range r.Relations {
				need("relation." + relation)
			}
			for _, role := range r.Roles {
				need("role." + string(role))
			}
		}
	}
	return out
}

// taken are the last parts of the keys that a command's pages use themselves, so
// that a field named title does not get the page's heading for its question.
var taken = []string{"title", "button", "done", "event", "intro", "task", "consequence"}

// fieldKeys gives the keys of a field's question, the first that exists counts:
// the command's own words, the kind's, everybody's.
func fieldKeys(kind, command, field string) []string {
	keys := []string{kind + ".field." + field, "form.field." + field}
	if !slices.Contains(taken, field) {
		keys = slices.Insert(keys, 0, kind+"."+command+"."+field)
	}
	return keys
}

// MissingTexts gives the keys of [Keys] that the catalogue has in no language,
// the first of each entry's alternatives. A key that only some of the languages
// have is found by [lang.Catalog.Missing].
func MissingTexts(c *lang.Catalog, l lifecycle.Lifecycle) []string {
	var out []string
	for _, alternatives := range Keys(l) {
		if !slices.ContainsFunc(alternatives, c.Has) {
			out = append(out, alternatives[0])
		}
	}
	return out
}
