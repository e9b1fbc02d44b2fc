package application

import (
	"context"
	"fmt"
	"maps"
	"net/mail"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"funn/internal/call"
	"funn/internal/org"
	"funn/internal/platform/fault"
	"funn/internal/platform/form"
	"funn/internal/platform/lang"
)

// The parts that the form of every call has. The call's own come between them and
// the budget.
const (
	PartProject     = "prosjekt"
	PartInstitution = "institusjon"
	PartPeople      = "deltakere"
	PartBudget      = "budsjett" // of applications
)

// Costs are the kinds of cost in a budget.
var Costs = []string{"personnel", "indirect", "equipment", "travel", "other"}

// mostRows is how many partners, and how many participants, a form takes.
const mostRows = 20

// Values are what somebody wrote in a part, just as it was written, by field.
type Values map[string][]string

func (v Values) get(name string) string {
	if s := v[name]; len(s) > 0 {
		return s[0]
	}
	return ""
}

// Part is a page of the form that applicants fill in.
type Part struct {
	ID        string
	Own       *call.Part // nil for a part that every call has
	Fields    []form.Field
	Questions map[string]call.Question // of Own, by field
	Files     []call.Question          // of Own, those that are answered with attachments
	Rows      int                      // of the lists of PartPeople
	Years     []int                    // of PartBudget
}

// Field gives the field of the part with the name; ok is false when it has none.
func (p Part) Field(name string) (form.Field, bool) {
	i := slices.IndexFunc(p.Fields, func(f form.Field) bool { return f.Name == name })
	if i < 0 {
		return form.Field{}, false
	}
	return p.Fields[i], true
}

// The fields of the lists in PartPeople: what is asked of each partner, and of each
// participant.
var (
	PartnerFields = []string{"name", "number"}
	AuthorFields  = []string{"name", "institution", "role"}
)

// RowField names a field of a list: partner.2.name.
func RowField(list string, row int, field string) string {
	return list + "." + strconv.Itoa(row) + "." + field
}

// BudgetField names a field of the budget: what Nav is asked for, or what the
// institution bears itself.
func BudgetField(year int, cost string, own bool) string {
	name := "y" + strconv.Itoa(year) + "." + cost
	if own {
		name += ".own"
	}
	return name
}

// PartsOf gives the parts of the form of a stage. What was written decides how many
// rows there are, and which years.
func PartsOf(c *call.Call, stage string, written map[string]Values) []Part {
	project := Part{ID: PartProject, Fields: []form.Field{
		{Name: "title", Required: true, Max: 150}, {Name: "acronym", Max: 30},
		{Name: "lang", Type: form.Choice, Required: true, Options: form.Codes("application.lang", string(lang.NB), string(lang.NN), string(lang.EN))},
		{Name: "starts", Type: form.Day, Required: true}, {Name: "months", Type: form.Number, Required: true, Min: 1},
	}}
	if stage == Sketch {
		project.Fields = append(project.Fields, form.Field{Name: "asked", Type: form.Money, Required: true})
	}
	out := []Part{
		project,
		{ID: PartInstitution, Fields: []form.Field{
			{Name: "institution", Required: true, Max: 150}, {Name: "number", Max: 20},
			{Name: "leader", Required: true, Max: 100}, {Name: "email", Required: true, Max: 150}, {Name: "orcid", Max: 40},
		}},
		peoplePart(written[PartPeople]),
	}
	for _, own := range c.Parts(stage) {
		p := Part{ID: own.ID, Own: &own, Questions: map[string]call.Question{}}
		for _, q := range own.Questions {
			f := form.Field{Name: q.ID, Required: q.Required, Max: q.Limit}
			switch q.Kind {
			case call.Attach:
				p.Files = append(p.Files, q)
				continue
			case call.Long:
				f.Type = form.Area
			case call.Whole:
				f.Type = form.Number
			case call.Pick:
				f.Type = form.Choice
				for i := range q.Options {
					f.Options = append(f.Options, form.Option{Value: strconv.Itoa(i + 1)})
				}
			}
			p.Questions[q.ID] = q
			p.Fields = append(p.Fields, f)
		}
		out = append(out, p)
	}
	if stage == Application {
		out = append(out, budgetPart(c, written[PartProject]))
	}
	return out
}

// peoplePart has two rows more than are filled in.
func peoplePart(written Values) Part {
	rows := 1
	for name, v := range written {
		if parts := strings.Split(name, "."); len(parts) == 3 && strings.TrimSpace(strings.Join(v, "")) != "" {
			if n, err := strconv.Atoi(parts[1]); err == nil {
				rows = max(rows, n)
			}
		}
	}
	p := Part{ID: PartPeople, Rows: min(rows+2, mostRows)}
	for i := 1; i <= p.Rows; i++ {
		for _, f := range PartnerFields {
			p.Fields = append(p.Fields, form.Field{Name: RowField("partner", i, f), Max: 150})
		}
		for _, f := range AuthorFields {
			p.Fields = append(p.Fields, form.Field{Name: RowField("author", i, f), Max: 150})
		}
	}
	return p
}

// budgetPart has the years that the project runs in; those that the call has in mind
// while that is not written.
func budgetPart(c *call.Call, project Values) Part {
	from, months := time.Time{}, c.MaxMonths
	if day, err := lang.ParseDate(project.get("starts")); err == nil {
		from = day
		if n, err := strconv.Atoi(strings.TrimSpace(project.get("months"))); err == nil && n > 0 {
			months = min(n, 10*12)
		}
	} else if c.Starts.V.Known() {
		from = c.Starts.V.From
	} else {
		from = c.ClosesAt()
	}
	p := Part{ID: PartBudget}
	last := from.AddDate(0, max(months, 1), -1).Year()
	for year := from.Year(); year <= last; year++ {
		p.Years = append(p.Years, year)
		for _, cost := range Costs {
			for _, own := range []bool{false, true} {
				p.Fields = append(p.Fields, form.Field{Name: BudgetField(year, cost, own), Type: form.Money})
			}
		}
	}
	return p
}

// Problem is something that must be mended before a form can be sent.
type Problem struct {
	Part, Field, Key string
	Args             []any
}

// Written is what was written in all parts of a form.
type Written struct {
	Values map[string]Values // by part
	Files  []File
}

// Read makes the content of what was written, and says what is missing or wrong in
// it, in the order of the form.
func Read(ctx context.Context, c *call.Call, stage string, w Written) (Content, []Problem, error) {
	x := Content{Answers: map[string]string{}}
	var wrong []Problem
	for _, p := range PartsOf(c, stage, w.Values) {
		v, err := form.Parse(ctx, p.Fields, map[string][]string(w.Values[p.ID]), nil, nil)
		f, ok := fault.As(err)
		if err != nil && !ok {
			return x, nil, err
		}
		if ok {
			for _, field := range f.Fields {
				wrong = append(wrong, Problem{p.ID, field.Name, field.Key, field.Args})
			}
		}
		add := func(field, key string, args ...any) { wrong = append(wrong, Problem{p.ID, field, key, args}) }
		switch p.ID {
		case PartProject:
			x.Title, x.Acronym, x.Lang, x.Starts, x.Months, x.AskedOre = v.String("title"), v.String("acronym"), v.String("lang"), v.Day("starts"), v.Int("months"), v.Ore("asked")
			if c.MaxMonths > 0 && x.Months > c.MaxMonths {
				add("months", "application.wrong.months", "max", c.MaxMonths)
			}
			if stage == Sketch && v.Has("asked") {
				asked(c, x.AskedOre, "asked", add)
			}
		case PartInstitution:
			readInstitution(&x, v, add)
		case PartPeople:
			readPeople(&x, p, v, add)
		case PartBudget:
			readBudget(&x, p, v)
			if len(p.Years) > 0 {
				first := BudgetField(p.Years[0], Costs[0], false)
				if x.AskedOre == 0 {
					add(first, "application.wrong.budget")
				}
				asked(c, x.AskedOre, first, add)
			}
		default:
			for name := range p.Questions {
				if v.Has(name) {
					x.Answers[name] = v.String(name)
				}
			}
			for _, q := range p.Files {
				if q.Required && !slices.ContainsFunc(w.Files, func(f File) bool { return f.Question == q.ID }) {
					add(q.ID, "form.required.file")
				}
			}
		}
	}
	x.Files = w.Files
	return x, wrong, nil
}

func asked(c *call.Call, ore int64, field string, add func(string, string, ...any)) {
	if c.FrameOre > 0 && ore > c.FrameOre {
		add(field, "application.wrong.frame", "frame", c.FrameOre/100)
	}
}

func readInstitution(x *Content, v form.Values, add func(string, string, ...any)) {
	x.Institution = party(v, "institution", "number", add)
	x.Leader = Author{Name: v.String("leader"), Email: strings.ToLower(v.String("email")), ORCID: v.String("orcid"), Institution: x.Institution.Name}
	if a, err := mail.ParseAddress(x.Leader.Email); x.Leader.Email != "" && (err != nil || a.Address != x.Leader.Email) {
		add("email", "application.wrong.email")
	}
	if x.Leader.ORCID != "" {
		id, ok := orcid(x.Leader.ORCID)
		if x.Leader.ORCID = id; !ok {
			add("orcid", "application.wrong.orcid")
		}
	}
}

func party(v form.Values, name, number string, add func(string, string, ...any)) Party {
	p := Party{Name: v.String(name)}
	if text := v.String(number); text != "" {
		id, ok := org.NormalIdentifier(org.SchemeOrgnr, text)
		if p.Number = id; !ok {
			add(number, "application.wrong.number")
		}
	}
	return p
}

func readPeople(x *Content, p Part, v form.Values, add func(string, string, ...any)) {
	for i := 1; i <= p.Rows; i++ {
		name := RowField("partner", i, "name")
		if one := party(v, name, RowField("partner", i, "number"), add); one != (Party{}) {
			if one.Name == "" {
				add(name, "application.wrong.partner")
			}
			x.Partners = append(x.Partners, one)
		}
		name = RowField("author", i, "name")
		if a := (Author{Name: v.String(name), Institution: v.String(RowField("author", i, "institution")), Role: v.String(RowField("author", i, "role"))}); a != (Author{}) {
			if a.Name == "" {
				add(name, "application.wrong.author")
			}
			x.Authors = append(x.Authors, a)
		}
	}
}

func readBudget(x *Content, p Part, v form.Values) {
	for _, year := range p.Years {
		for _, cost := range Costs {
			for _, own := range []bool{false, true} {
				if ore := v.Ore(BudgetField(year, cost, own)); ore != 0 {
					x.Budget = append(x.Budget, BudgetLine{Year: year, Cost: cost, Ore: ore, Own: own})
					if !own {
						x.AskedOre += ore
					}
				}
			}
		}
	}
}

var orcidForm = regexp.MustCompile(`^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$`)

// orcid gives a researcher's number in the one form that is kept, and whether its
// check digit holds (ISO 7064, modulus 11-2).
func orcid(s string) (string, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "HTTPS://"), "ORCID.ORG/")
	if !orcidForm.MatchString(s) {
		return s, false
	}
	sum := 0
	digits := strings.ReplaceAll(s, "-", "")
	for _, r := range digits[:15] {
		sum = (sum + int(r-'0')) * 2
	}
	check := (12 - sum%11) % 11
	want := strconv.Itoa(check)
	if check == 10 {
		want = "X"
	}
	return s, digits[15:] == want
}

// Write gives what would have to be written in the form of the stage to make the
// content: the application begins with what the sketch said.
func Write(c *call.Call, stage string, x Content) Written {
	project := Values{"title": {x.Title}, "acronym": {x.Acronym}, "lang": {x.Lang}}
	if !x.Starts.IsZero() {
		project["starts"] = []string{x.Starts.Format("02.01.2006")}
	}
	if x.Months > 0 {
		project["months"] = []string{strconv.Itoa(x.Months)}
	}
	if stage == Sketch && x.AskedOre > 0 {
		project["asked"] = []string{kroner(x.AskedOre)}
	}
	people := Values{}
	for i, p := range x.Partners {
		people[RowField("partner", i+1, "name")] = []string{p.Name}
		people[RowField("partner", i+1, "number")] = []string{p.Number}
	}
	for i, a := range x.Authors {
		people[RowField("author", i+1, "name")] = []string{a.Name}
		people[RowField("author", i+1, "institution")] = []string{a.Institution}
		people[RowField("author", i+1, "role")] = []string{a.Role}
	}
	w := Written{Values: map[string]Values{
		PartProject: project, PartPeople: people,
		PartInstitution: {"institution": {x.Institution.Name}, "number": {x.Institution.Number}, "leader": {x.Leader.Name}, "email": {x.Leader.Email}, "orcid": {x.Leader.ORCID}},
	}}
	for _, own := range c.Parts(stage) {
		v := Values{}
		for _, q := range own.Questions {
			if answer := x.Answers[q.ID]; answer != "" {
				v[q.ID] = []string{answer}
			}
			for _, f := range x.Files {
				if q.Kind == call.Attach && f.Question == q.ID {
					w.Files = append(w.Files, f)
				}
			}
		}
		w.Values[own.ID] = v
	}
	budget := Values{}
	for _, l := range x.Budget {
		budget[BudgetField(l.Year, l.Cost, l.Own)] = []string{kroner(l.Ore)}
	}
	if stage == Application {
		w.Values[PartBudget] = budget
	}
	for part, v := range w.Values {
		maps.DeleteFunc(v, func(_ string, s []string) bool { return strings.Join(s, "") == "" })
		if len(v) == 0 {
			delete(w.Values, part)
		}
	}
	return w
}

func kroner(ore int64) string {
	if ore%100 == 0 {
		return strconv.FormatInt(ore/100, 10)
	}
	return fmt.Sprintf("%d,%02d", ore/100, ore%100)
}
