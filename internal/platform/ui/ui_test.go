package ui

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"funn/internal/platform/chart"
	"funn/internal/platform/lang"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWindowTitle(t *testing.T) {
	for _, tc := range []struct {
		page PageProps
		want string
	}{
		{PageProps{Title: "Portefølje"}, "Portefølje – Nav FoU"},
		{PageProps{Title: "Økonomi", Section: "P-2022-041"}, "Økonomi – P-2022-041 – Nav FoU"},
		{PageProps{Title: "Søk", Section: "Søk"}, "Søk – Nav FoU"},
		{PageProps{Title: "Meld endring", Errors: 2}, "Feil (2): Meld endring – Nav FoU"},
	} {
		if got := tc.page.windowTitle(context.Background(), "Nav FoU"); got != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestLanguageLinks(t *testing.T) {
	for path, want := range map[string]string{"/sok": "/sok?malform=nn", "/sok?q=a": "/sok?q=a&malform=nn"} {
		if got := (Shell{Path: path}).languageHref(lang.NN); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
	own := Shell{LanguageHref: func(l lang.Tag) string { return "/velg/" + string(l) }}
	if got := own.languageHref(lang.EN); got != "/velg/en" {
		t.Errorf("own link: %s", got)
	}
}

func TestPageNumbers(t *testing.T) {
	for _, tc := range []struct {
		page, pages int
		want        []int
	}{
		{1, 1, []int{1}},
		{1, 3, []int{1, 2, 3}},
		{1, 9, []int{1, 2, 0, 9}},
		{4, 9, []int{1, 2, 3, 4, 5, 0, 9}},
		{5, 9, []int{1, 0, 4, 5, 6, 0, 9}},
		{6, 9, []int{1, 0, 5, 6, 7, 8, 9}},
		{9, 9, []int{1, 0, 8, 9}},
	} {
		if diff := cmp.Diff(tc.want, pageNumbers(tc.page, tc.pages)); diff != "" {
			t.Errorf("page %d of %d: %s", tc.page, tc.pages, diff)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		pages := rapid.IntRange(1, 500).Draw(t, "pages")
		page := rapid.IntRange(1, pages).Draw(t, "page")
		got := pageNumbers(page, pages)
		if len(got) > 9 || got[0] != 1 || got[len(got)-1] != pages || !slices.Contains(got, page) {
			t.Fatalf("page %d of %d: %v", page, pages, got)
		}
		for i, n := range got[1:] {
			prev := got[i]
			if n != 0 && prev != 0 && n != prev+1 {
				t.Fatalf("page %d of %d: a jump that is not told in %v", page, pages, got)
			}
			if n == 0 && got[i+2]-prev < 3 {
				t.Fatalf("page %d of %d: a gap of nothing or one page in %v", page, pages, got)
			}
		}
	})
}

func chainOf(depths ...int) []ChainNode {
	var out []ChainNode
	for _, d := range depths {
		out = append(out, ChainNode{Title: "x", Depth: d})
	}
	return out
}

func TestRails(t *testing.T) {
	// Three records on the main line, the second with a branch that has a
	// branch of its own:  0 ─ 0 ─┬─ 0
	//                            ├ 1 ─ 2
	//                            └ 1
	nodes := chainOf(0, 0, 1, 2, 1, 0)
	nodes[5].Future = true
	want := [][]rail{
		{{0, "down", false}},
		{{0, "up", false}, {0, "down", false}},
		{{0, "through", false}, {0, "branch", false}, {1, "down", false}},
		{{0, "through", false}, {1, "branch", false}},
		{{0, "through", true}, {0, "branch", false}},
		{{0, "up", true}},
	}
	for i := range nodes {
		if diff := cmp.Diff(want[i], rails(nodes, i), cmp.AllowUnexported(rail{})); diff != "" {
			t.Errorf("node %d: %s", i, diff)
		}
	}
	if got := rails(chainOf(0), 0); len(got) != 0 {
		t.Errorf("a single record has lines: %v", got)
	}
}

// Every line that leaves a node downwards arrives at one below, and none passes
// the last node.
func TestRailsMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		depths := []int{0}
		for range rapid.IntRange(0, 12).Draw(t, "more") {
			depths = append(depths, rapid.IntRange(0, min(depths[len(depths)-1]+1, 3)).Draw(t, "depth"))
		}
		nodes := chainOf(depths...)
		open := map[int]bool{} // the levels whose line goes on below the node before
		for i := range nodes {
			now := map[int]bool{}
			for _, r := range rails(nodes, i) {
				comesFromAbove := r.part != "down"
				if comesFromAbove && !open[r.level] {
					t.Fatalf("%v: %q of level %d at node %d comes from nowhere", depths, r.part, r.level, i)
				}
				if r.part == "through" || r.part == "down" {
					now[r.level] = true
				}
			}
			for level := range open {
				if !slices.ContainsFunc(rails(nodes, i), func(r rail) bool { return r.level == level && r.part != "down" }) {
					t.Fatalf("%v: the line of level %d ends before node %d", depths, level, i)
				}
			}
			open = now
		}
		if len(open) > 0 {
			t.Fatalf("%v: lines %v pass the last node", depths, open)
		}
	})
}

func TestFieldDescribesItself(t *testing.T) {
	for _, tc := range []struct {
		field Field
		want  string
	}{
		{Field{Name: "a"}, ""},
		{Field{Name: "a", Hint: "h"}, "a-hjelp"},
		{Field{Name: "a", Error: "e"}, "a-feil"},
		{Field{Name: "a", ID: "b", Hint: "h", Error: "e"}, "b-feil b-hjelp"},
	} {
		if got := tc.field.describedBy(); got != tc.want {
			t.Errorf("%+v: %q, want %q", tc.field, got, tc.want)
		}
	}
	html := render(t, TextField(Field{Name: "a", Label: "A", Error: "Skriv noe"}))
	if !strings.Contains(html, `aria-invalid="true"`) || !strings.Contains(html, `aria-describedby="a-feil"`) || !strings.Contains(html, `id="a-feil"`) {
		t.Errorf("error is not tied to the field: %s", html)
	}
	html = render(t, TextField(Field{Name: "a", Label: "A"}))
	if strings.Contains(html, "aria-") {
		t.Errorf("empty attributes: %s", html)
	}
	// The help text that the component adds itself is tied too.
	html = render(t, TextArea(Field{Name: "a", Label: "A", Max: 500, Hint: "Kort."}))
	if !strings.Contains(html, `aria-describedby="a-hjelp"`) || !strings.Contains(html, "Kort. Inntil 500 tegn.") {
		t.Errorf("the limit is not told: %s", html)
	}
}

// The first line break after <textarea> is dropped by browsers; what was typed
// must come back as it was.
func TestTextAreaKeepsLeadingLineBreaks(t *testing.T) {
	html := render(t, TextArea(Field{Name: "a", Label: "A", Value: "\nto linjer"}))
	if !strings.Contains(html, ">\n\nto linjer</textarea>") {
		t.Errorf("a line break is lost: %s", html)
	}
}

func TestErrorSummary(t *testing.T) {
	if html := render(t, ErrorSummary("", nil)); html != "" {
		t.Errorf("no errors give %q", html)
	}
	html := render(t, ErrorSummary("", []FieldError{{ID: "a", Text: "Skriv A"}, {Text: "Noen andre var raskere"}}))
	for _, part := range []string{"Du må rette 2 feil", `href="#a"`, `tabindex="-1"`, "autofocus", "<section", "Noen andre var raskere"} {
		if !strings.Contains(html, part) {
			t.Errorf("no %s in %s", part, html)
		}
	}
	if strings.Contains(html, "alert") {
		t.Error("a summary that takes focus must not be announced as an alert too")
	}
}

const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

// fill puts the attack into every text of a value, however deep.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(attack)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
			}
		}
	case reflect.Slice:
		one := reflect.New(v.Type().Elem()).Elem()
		fill(one)
		v.Set(reflect.Append(v, one))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int:
		v.SetInt(1)
	}
}

func evil[T any]() T {
	var v T
	fill(reflect.ValueOf(&v).Elem())
	return v
}

// Whatever a person, a file or a register gives as text stays text.
func TestComponentsEscape(t *testing.T) {
	shell := func() Shell {
		s := evil[Shell]()
		s.Nav = append(s.Nav, NavItem{Label: attack, Href: attack})
		return s
	}()
	figure := FigureProps{ID: "f", Finding: attack, HowToRead: attack, Source: attack, CSVHref: attack, Chart: chart.Rendered{Table: chart.Table{Caption: attack, Head: []string{attack}, Rows: [][]string{{attack}}}}}
	head := evil[HeadProps]()
	head.Action = Str(attack)
	table := evil[TableProps]()
	table.Rows, table.Foot = TextRows([][]string{{attack, attack, attack}}), nil
	card := evil[CardProps]()
	card.Icon = ""
	chain := evil[[]ChainNode]()
	chain[0].Icon = ""
	for name, c := range map[string]templ.Component{
		"page":       Page(PageProps{Shell: shell, Title: attack, Section: attack, Errors: 1, Breadcrumb: evil[[]Crumb](), Description: attack}),
		"public":     PublicPage(PageProps{Shell: Shell{LoginHref: attack, Query: attack, SearchAction: attack}, Title: attack}),
		"error":      ErrorPage(evil[ErrorProps]()),
		"text":       Group(H1(attack), H2(attack), H3(attack), H4(attack), Lead(attack), Text(attack), Muted(attack), Prose(attack), ProseIn(attack, attack), Bullets([]string{attack}), Strong(attack), Hidden(attack), Str(attack)),
		"links":      Group(Link(attack, attack), LinkAbout(attack, attack, attack), ExternalLink(attack, attack), BackLink(attack, attack), ButtonLink(attack, attack), SecondaryLink(attack, attack), SmallLink(attack, attack)),
		"head":       PageHead(head),
		"tags":       Group(Tag(attack, attack), TagList(evil[[]TagProps]())),
		"facts":      Facts([]Fact{{Label: attack, Text: attack, Href: attack}, {Label: attack, Text: attack}}),
		"figures":    KeyFigures(evil[[]KeyFigureProps]()),
		"alert":      Group(Alert(evil[AlertProps]()), Message(attack, attack), Details(attack)),
		"layout":     Group(Stack(attack), Row(attack), Grid(attack), Section(attack, attack), Panel(PanelProps{Title: attack, Tone: attack}), Card(card), SubNav(attack, evil[[]Tab]()), Progress(evil[ProgressProps]()), Steps(evil[[]Step]()), Empty(EmptyProps{Title: attack, Text: attack})),
		"lists":      Group(Items([]Item{{Kicker: attack, Title: attack, Href: attack, Lang: attack, Text: attack, Tags: evil[[]TagProps](), Meta: []string{attack}, Due: attack, Late: true}}), TaskList(evil[[]Task]()), Answers([]Answer{{Label: attack, Value: attack, EditHref: attack}}), Contents(evil[[]Crumb]()), Strength(1, 4, attack)),
		"table":      Group(Table(table), NameCell(attack, attack, attack), Pagination(PaginationProps{Page: 2, Pages: 3, Href: func(int) string { return attack }}), ChosenFilters(evil[[]ChosenFilter]()), ResultCount(attack, attack), DownloadLinks(evil[[]Download]()), FilterPanel(evil[FilterProps]())),
		"board":      Board(attack, evil[[]BoardColumn]()),
		"chain":      Chain(attack, chain),
		"log":        LogList(evil[[]LogEntry]()),
		"figure":     Figure(figure),
		"form":       Form(evil[FormProps]()),
		"fields":     Group(TextField(evil[Field]()), NumberField(evil[Field]()), DateField(evil[Field]()), MoneyField(evil[Field]()), TextArea(evil[Field]()), Select(evil[Field](), attack, evil[[]Option]()), Radios(evil[Field](), evil[[]Option]()), Checkboxes(evil[Field](), evil[[]Option](), []string{attack}), Checkbox(evil[Field](), true), FileField(evil[Field](), evil[KeptFile]()), FieldGroup(attack, attack)),
		"buttons":    Group(Button(evil[ButtonProps]()), PostButton(attack, evil[ButtonProps](), evil[HiddenField]()), Submit(attack), SecondaryButton(attack, attack, attack), DangerButton(attack, attack, attack), Hide(attack, attack)),
		"incomplete": Group(Table(TableProps{Columns: []Column{{Label: "A"}}, Rows: TextRows([][]string{{"1", "2"}})})),
	} {
		t.Run(name, func(t *testing.T) {
			html := render(t, c)
			if strings.Contains(html, "<script>alert") || strings.Contains(html, "<img src=x") {
				t.Errorf("markup came through: %.600s", html)
			}
			if strings.Contains(html, "⟦") {
				t.Errorf("a text is missing: %s", regexp.MustCompile(`⟦[^⟧]*⟧`).FindAllString(html, -1))
			}
		})
	}
}

func TestLinksNeverRunScripts(t *testing.T) {
	const script = "javascript:alert(1)"
	html := render(t, Group(
		Link(script, "x"), BackLink(script, "x"), ButtonLink(script, "x"), SmallLink(script, "x"), ExternalLink(script, "x"), LinkAbout(script, "x", "y"),
		NameCell(script, "x", ""), Card(CardProps{Title: "x", Href: script}), SubNav("", []Tab{{Label: "x", Href: script}}), Items([]Item{{Title: "x", Href: script}}),
		Chain("x", []ChainNode{{Title: "x", Href: script}}), Board("x", []BoardColumn{{Title: "x", Cards: []BoardCard{{Title: "x", Href: script}}}}),
		Form(FormProps{Action: script}), FilterPanel(FilterProps{Action: script, ClearHref: script}), PostButton(script, ButtonProps{Label: "x", Action: script}),
	))
	if strings.Contains(html, "javascript:") {
		t.Errorf("a script came through: %s", html)
	}
}

func TestUnknownIconIsAnError(t *testing.T) {
	if err := svg("NoSuchIcon").Render(context.Background(), new(bytes.Buffer)); err == nil {
		t.Error("no error")
	}
}

func TestIconsAreDecoration(t *testing.T) {
	if len(icons()) < 20 {
		t.Fatalf("only %d icons", len(icons()))
	}
	for name, s := range icons() {
		if !strings.HasPrefix(s, `<svg class="f-icon" aria-hidden="true" focusable="false" `) || strings.Contains(s, " id=") || strings.Contains(s, "style=") {
			t.Errorf("%s: %.120s", name, s)
		}
	}
}

func TestSmallWords(t *testing.T) {
	for in, want := range map[string]string{"": "", "Budsjett": "budsjett", "Økonomi": "økonomi", "DPIA": "DPIA", "Å": "å", "i": "i"} {
		if got := lowerFirst(in); got != want {
			t.Errorf("lowerFirst(%q) = %q", in, got)
		}
	}
	if got := joined(" · ", "a", "", "b"); got != "a · b" {
		t.Errorf("joined gives %q", got)
	}
	if diff := cmp.Diff([]string{"a", "b\nc"}, paragraphs("a\r\n\r\n\n\nb\nc\n\n \n")); diff != "" {
		t.Error(diff)
	}
	if got := fmt.Sprint(Options("a", "b")); got != "[{a a } {b b }]" {
		t.Errorf("Options gives %s", got)
	}
}

// A form of one button says to whom it was shown, as every form that posts does.
func TestPostButtonCarriesTheHiddenField(t *testing.T) {
	ctx := WithHidden(t.Context(), func(context.Context) HiddenField { return HiddenField{Name: "_who", Value: "signed"} })
	var b strings.Builder
	if err := PostButton("/x", ButtonProps{Label: "Send"}).Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), `name="_who" value="signed"`) {
		t.Error(b.String())
	}
}
