package decision

import (
	"cmp"
	"context"
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"

	"funn/internal/application"
	"funn/internal/org"
	"funn/internal/platform/clock"
)

// The 360Giving Data Standard 1.4.3 (standard.threesixtygiving.org): what funders
// publish about their grants. Its identifiers begin with a prefix that the funder has
// registered; Nav has none yet, so ours is made from its name.
const (
	prefix360 = "360G-nav"
	funderID  = "NO-BRC-889640782" // Arbeids- og velferdsetaten, data.brreg.no
	funder    = "Arbeids- og velferdsetaten (Nav)"
)

// Package360 is the file that 360Giving reads.
type Package360 struct {
	Version string     `json:"version"`
	Grants  []Grant360 `json:"grants"`
}

// Grant360 is one award. Amounts are in kroner.
type Grant360 struct {
	ID           string         `json:"id"`
	Title        string         `json:"title"`
	Description  string         `json:"description"`
	Currency     string         `json:"currency"`
	Applied      float64        `json:"amountAppliedFor,omitempty"`
	Awarded      float64        `json:"amountAwarded"`
	AwardDate    string         `json:"awardDate"`
	PlannedDates []Dates360     `json:"plannedDates,omitempty"`
	Recipient    []Org360       `json:"recipientOrganization"`
	Funding      []Org360       `json:"fundingOrganization"`
	Programme    []Programme360 `json:"grantProgramme"`
	FromOpenCall string         `json:"fromOpenCall"`
	DateModified string         `json:"dateModified"`
	DataSource   string         `json:"dataSource,omitempty"`
}

// Dates360 is when a project is planned to run.
type Dates360 struct {
	Start    string `json:"startDate"`
	End      string `json:"endDate"`
	Duration int    `json:"duration"` // months
}

// Org360 is an organisation. Its id is its number in the Norwegian register of legal
// entities, or one of our own.
type Org360 struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Programme360 is the call.
type Programme360 struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	URL   string `json:"url,omitempty"`
}

// Giving gives all awards that everybody may know of as 360Giving data.
func (s *Service) Giving(ctx context.Context) (Package360, error) {
	out := Package360{Version: "1.4", Grants: []Grant360{}}
	awards, err := s.Awards(ctx, false)
	if err != nil {
		return out, err
	}
	for _, a := range awards {
		out.Grants = append(out.Grants, s.grant(a))
	}
	return out, nil
}

func (s *Service) grant(a Award) Grant360 {
	x, c := a.Case, a.Case.Content.V
	g := Grant360{
		ID: prefix360 + "-" + x.Number, Title: c.Title, Description: summary(c), Currency: "NOK",
		Applied: kroner(c.AskedOre), Awarded: kroner(x.Answer.V.Ore), AwardDate: clock.Day(x.Answer.V.DecidedAt).Format(time.DateOnly),
		Recipient: []Org360{recipient(a.Recipient, c.Institution)}, Funding: []Org360{{funderID, funder}},
		Programme: []Programme360{{a.Call.Number, a.Call.Title, s.baseURL + a.Call.PublicURL()}}, FromOpenCall: "Yes",
		DateModified: x.Updated.UTC().Format(time.RFC3339), DataSource: s.baseURL + JSONPath,
	}
	if !c.Starts.IsZero() {
		g.PlannedDates = []Dates360{{c.Starts.Format(time.DateOnly), c.Ends().Format(time.DateOnly), max(c.Months, 1)}}
	}
	return g
}

// recipient names the institution by its number where that is known, or else by what
// the register or the applicant calls it.
func recipient(o *org.Organisation, party application.Party) Org360 {
	number, known := org.NormalIdentifier(org.SchemeOrgnr, party.Number)
	name := party.Name
	if o != nil {
		name = o.Title
		if n := o.Identified(org.SchemeOrgnr); n != "" {
			number, known = n, true
		}
	}
	if known {
		return Org360{"NO-BRC-" + number, name}
	}
	own := strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') }), "-")
	if o != nil {
		own = o.Number
	}
	return Org360{prefix360 + "-ORG:" + cmp.Or(own, "x"), name}
}

func kroner(ore int64) float64 { return float64(ore) / 100 }

// The public addresses of the data.
const (
	JSONPath = "/kunnskap/tildelinger.json"
	CSVPath  = "/kunnskap/tildelinger.csv"
)

// WriteCSV writes the awards as 360Giving's spreadsheet form has them. A cell that a
// spreadsheet would take for a formula begins with an apostrophe.
func WriteCSV(w io.Writer, p Package360) error {
	out := csv.NewWriter(w)
	rows := [][]string{{
		"Identifier", "Title", "Description", "Currency", "Amount Applied For", "Amount Awarded", "Award Date", "Planned Dates:Start Date", "Planned Dates:End Date", "Planned Dates:Duration (months)",
		"Recipient Org:Identifier", "Recipient Org:Name", "Funding Org:Identifier", "Funding Org:Name", "Grant Programme:Code", "Grant Programme:Title", "Grant Programme:URL", "From An Open Call?", "Last Modified", "Data Source",
	}}
	number := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	for _, g := range p.Grants {
		d := Dates360{}
		duration := ""
		if len(g.PlannedDates) > 0 {
			d = g.PlannedDates[0]
			duration = strconv.Itoa(d.Duration)
		}
		row := []string{
			g.ID, g.Title, g.Description, g.Currency, number(g.Applied), number(g.Awarded), g.AwardDate, d.Start, d.End, duration,
			g.Recipient[0].ID, g.Recipient[0].Name, g.Funding[0].ID, g.Funding[0].Name, g.Programme[0].Code, g.Programme[0].Title, g.Programme[0].URL, g.FromOpenCall, g.DateModified, g.DataSource,
		}
		for i, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[i] = "'" + cell
			}
		}
		rows = append(rows, row)
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}
