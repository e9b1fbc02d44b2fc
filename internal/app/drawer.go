package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"sync"

	"github.com/a-h/templ"

	"funn/internal/call"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
)

// partsPath is the demo's page with the parts of keys.
const partsPath = "/demo/nokler"

// keptPart is a part of a call's key as its holder has kept it.
type keptPart struct {
	Call   string `json:"call"` // number
	Title  string `json:"title"`
	Person string `json:"person"`
	Part   string `json:"part"`
}

// drawer is where the demo's holders keep their parts outside Funn: a file beside
// the database, so that a newcomer who plays them all can open a call.
type drawer struct {
	path string
	mu   sync.Mutex
}

// keep puts a part in the drawer in place of what the holder had of the call's key
// before.
func (d *drawer) keep(_ context.Context, c *call.Call, person, part string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	parts, err := d.read()
	if err != nil {
		return err
	}
	out := []keptPart{{Call: c.Number, Title: c.Title, Person: person, Part: part}}
	for _, p := range parts {
		if p.Call != c.Number || p.Person != person {
			out = append(out, p)
		}
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return fmt.Errorf("the demo's drawer: %w", err)
	}
	return os.WriteFile(d.path, text, 0o600)
}

func (d *drawer) read() ([]keptPart, error) {
	text, err := os.ReadFile(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the demo's drawer: %w", err)
	}
	var parts []keptPart
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, fmt.Errorf("the demo's drawer: %w", err)
	}
	return parts, nil
}

// demoParts shows the parts that the demo's holders keep.
func (h *house) demoParts(c *web.Context) error {
	ctx := c.Ctx()
	h.drawer.mu.Lock()
	parts, err := h.drawer.read()
	h.drawer.mu.Unlock()
	if err != nil {
		return err
	}
	ids := make([]string, len(parts))
	for i, p := range parts {
		ids[i] = p.Person
	}
	names, err := h.people.Names(ctx, ids...)
	if err != nil {
		return err
	}
	title := lang.T(ctx, "demo.parts")
	table := ui.TableProps{Caption: title, HideCaption: true, Cards: true, Empty: lang.T(ctx, "demo.parts_none")}
	for _, key := range []string{"call.name", "call.key_person", "call.field.part"} {
		table.Columns = append(table.Columns, ui.Column{Label: lang.T(ctx, key)})
	}
	for _, p := range parts {
		table.Rows = append(table.Rows, []templ.Component{ui.NameCell("/utlysning/"+p.Call, p.Title, p.Call), ui.Str(names[p.Person]), ui.Str(p.Part)})
	}
	return c.Within(http.StatusOK, c.Page(title), demoPartsPage(title, table))
}
