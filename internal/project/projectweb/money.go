package projectweb

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"funn/internal/platform/chart"
	"funn/internal/platform/export"
	"funn/internal/platform/lang"
	"funn/internal/platform/ui"
	"funn/internal/platform/web"
	"funn/internal/project"
)

type moneyProps struct {
	Known   bool
	Figures []ui.KeyFigureProps
	Warning string // the years do not add up to what was granted
	Figure  ui.FigureProps
	Drawn   bool
	Table   ui.TableProps
}

// money shows what was granted, how it is set aside over the years, what is spent
// and what is left (requirement F6).
func (p *pages) money(c *web.Context, r *project.Project) (templ.Component, error) {
	ctx := c.Ctx()
	v := moneyProps{Known: r.Amount > 0 || len(r.Budget.V) > 0}
	if !v.Known {
		return moneyPage(v), nil
	}
	committed := r.Committed()
	total := max(r.Amount, committed)
	v.Figures = []ui.KeyFigureProps{
		{Value: lang.MillionNOK(ctx, total), Label: lang.T(ctx, "project.money."+r.Standing())},
		{Value: lang.MillionNOK(ctx, committed), Label: lang.T(ctx, "project.money.committed")},
	}
	known := r.SpendingKnown()
	if known {
		v.Figures = append(v.Figures,
			ui.KeyFigureProps{Value: lang.MillionNOK(ctx, r.Spent), Label: lang.T(ctx, "project.money.spent"), Note: share(ctx, r.Spent, total)},
			ui.KeyFigureProps{Value: lang.MillionNOK(ctx, total-r.Spent), Label: lang.T(ctx, "project.money.rest"), Note: share(ctx, total-r.Spent, total)})
	}
	if r.Amount > 0 && committed != r.Amount {
		v.Warning = lang.T(ctx, "project.money.uneven", "committed", lang.NOK(ctx, committed), "amount", lang.NOK(ctx, r.Amount))
	}
	b := chart.Bars{
		Format: func(f float64) string { return lang.Decimal(ctx, f, 1) },
		Words:  chart.BarsWords{Label: lang.T(ctx, "project.field.year"), Value: lang.T(ctx, "project.money.axis"), Share: lang.T(ctx, "project.money.share"), Part: lang.T(ctx, "project.column.spent")},
	}
	v.Table = ui.TableProps{
		Caption: lang.T(ctx, "project.money.table"), Cards: true,
		Columns: []ui.Column{
			{Label: lang.T(ctx, "project.field.year")}, {Label: lang.T(ctx, "project.column.budget"), Numeric: true, NoWrap: true},
			{Label: lang.T(ctx, "project.column.spent"), Numeric: true, NoWrap: true}, {Label: lang.T(ctx, "project.column.rest"), Numeric: true, NoWrap: true},
		},
		Foot: append([]templ.Component{ui.Str(lang.T(ctx, "project.sum")), nok(ctx, committed)}, spentCells(ctx, known, r.Spent, committed)...),
	}
	for _, y := range r.Budget.V {
		bar := chart.Bar{Label: strconv.Itoa(y.Year), Value: float64(y.Amount) / 1e8, Share: lang.T(ctx, "project.money.spent_share", "share", share(ctx, y.Spent, y.Amount))}
		if y.Spent > 0 {
			bar.Part = min(float64(y.Spent), float64(y.Amount)) / 1e8
			bar.PartText = lang.Decimal(ctx, float64(y.Spent)/1e8, 1)
		} else {
			// Nothing spent: an outline, which a part too small to see gives.
			bar.Part = 1e-9
		}
		b.Bars = append(b.Bars, bar)
		v.Table.Rows = append(v.Table.Rows, append([]templ.Component{ui.Str(strconv.Itoa(y.Year)), nok(ctx, y.Amount)}, spentCells(ctx, known, y.Spent, y.Amount)...))
	}
	if v.Drawn = len(r.Budget.V) > 0; v.Drawn {
		b.ID = "okonomi"
		b.Title = lang.T(ctx, "project.money.finding", "spent", lang.MillionNOK(ctx, r.Spent), "sum", lang.MillionNOK(ctx, committed), "share", share(ctx, r.Spent, committed))
		if !known {
			b.Title = lang.T(ctx, "project.money.finding_unspent", "sum", lang.MillionNOK(ctx, committed))
		}
		v.Figure = ui.FigureProps{ID: "figur-okonomi", Level: 2, Finding: b.Title, HowToRead: lang.T(ctx, "project.money.how"), Chart: b.Render(), CSVHref: path(r.Number) + "/okonomi.csv"}
	}
	return moneyPage(v), nil
}

// spentCells gives what is spent and what is left of an amount, or that nobody has
// noted what is spent.
func spentCells(ctx context.Context, known bool, spent, amount int64) []templ.Component {
	if !known {
		no := ui.Str(lang.T(ctx, "project.not_noted"))
		return []templ.Component{no, no}
	}
	return []templ.Component{nok(ctx, spent), nok(ctx, amount-spent)}
}

// share writes a part of an amount in per cent.
func share(ctx context.Context, part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	return lang.Percent(ctx, float64(part)/float64(whole), 0)
}

// moneyFile answers with the years of a project's budget as a file.
func (p *pages) moneyFile(c *web.Context) error {
	r, err := p.open(c)
	if err != nil {
		return err
	}
	ctx := c.Ctx()
	s := export.Sheet{Name: r.Number, Title: r.Title}
	for _, key := range []string{"project.field.year", "project.sheet.amount", "project.sheet.spent", "project.sheet.rest"} {
		s.Head = append(s.Head, lang.T(ctx, key))
	}
	for _, y := range r.Budget.V {
		spent, rest := export.Empty(), export.Empty()
		if r.SpendingKnown() {
			spent, rest = export.Money(y.Spent), export.Money(y.Amount-y.Spent)
		}
		s.Rows = append(s.Rows, []export.Cell{export.Int(y.Year), export.Money(y.Amount), spent, rest})
	}
	return send(c, asCSV, s, r.Number+"-okonomi")
}
