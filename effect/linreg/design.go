package linreg

import (
	"slices"
	"strings"

	"funn/effect/internal/dd"
	"funn/effect/moment"
)

// column is one column of the model matrix.
type column struct {
	name  string
	term  moment.Term // the whole product
	level []string
	// of and centred are the two factors when the second is taken as deviations
	// from its mean; centred is the constant otherwise.
	of, centred           moment.Term
	ofLevel, centredLevel []string
}

// Intercept is the name of the constant's coefficient.
const Intercept = "(Intercept)"

// levelsOf gives the observed levels of a term.
type levelsOf func(moment.Term) [][]string

// columns lists the columns of the model matrix. A category is coded by all its
// levels but the reference when the model also has the term without that
// category (the constant counts), and by all levels otherwise: the rule of R's
// model.matrix, which keeps the span whatever terms are given.
func (m *Model) columns(terms []Term, levels levelsOf) ([]column, error) {
	present := map[string]bool{}
	if !m.NoIntercept {
		present[moment.Term{}.Key()] = true
	}
	for _, t := range terms {
		present[t.full().Key()] = true
	}
	reference := map[string]string{}
	refOf := func(category string, t moment.Term) (string, error) {
		if r, ok := reference[category]; ok {
			return r, nil
		}
		observed := levels(moment.Category(category))
		if observed == nil { // known only as part of a product
			i := slices.Index(t.Categories(), category)
			for _, l := range levels(t) {
				observed = append(observed, []string{l[i]})
			}
		}
		r, given := m.Reference[category]
		if !given {
			r = observed[0][0]
		} else if !slices.ContainsFunc(observed, func(l []string) bool { return l[0] == r }) {
			return "", refuse(CodeMissingLevel, []string{category + "=" + r}, "no row used has the reference level %q of %s", r, category)
		}
		reference[category] = r
		return r, nil
	}
	var out []column
	if !m.NoIntercept {
		out = append(out, column{name: Intercept})
	}
	for _, t := range terms {
		full := t.full()
		cats := full.Categories()
		skip := make([]string, len(cats))
		drops := make([]bool, len(cats))
		for i, c := range cats {
			if !present[full.Without(c).Key()] {
				continue
			}
			r, err := refOf(c, full)
			if err != nil {
				return nil, err
			}
			skip[i], drops[i] = r, true
		}
		all := [][]string{nil}
		if len(cats) > 0 {
			all = levels(full)
		}
		for _, l := range all {
			left := false
			for i := range cats {
				left = left || drops[i] && l[i] == skip[i]
			}
			if left {
				continue
			}
			c := column{name: columnName(full, l), term: full, level: l}
			if !t.Centred.IsConstant() {
				c.of, c.ofLevel = t.Term, pick(l, cats, t.Term.Categories())
				c.centred, c.centredLevel = t.Centred, pick(l, cats, t.Centred.Categories())
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// pick returns the texts of the wanted categories.
func pick(level, have, want []string) []string {
	out := make([]string, len(want))
	for i, w := range want {
		out[i] = level[slices.Index(have, w)]
	}
	return out
}

// columnName writes a column as county=Oslo:age.
func columnName(t moment.Term, level []string) string {
	var parts []string
	for i, c := range t.Categories() {
		parts = append(parts, c+"="+level[i])
	}
	return strings.Join(append(parts, t.Numbers()...), ":")
}

// sum is a sum of columns of the moment matrix.
type sum []struct {
	at    int
	times dd.D
}

func (s sum) add(at int, times dd.D) sum {
	for i := range s {
		if s[i].at == at {
			s[i].times = s[i].times.Add(times)
			return s
		}
	}
	return append(s, struct {
		at    int
		times dd.D
	}{at, times})
}

// expand writes a column of the model matrix as a sum of columns of the
// moments. The first part is the column's own, with the factor 1.
func (c *column) expand(set *moment.Set) sum {
	var s sum
	plain := func(t moment.Term, level []string, times dd.D) {
		parts, _ := set.Expand(t, level...)
		for _, p := range parts {
			s = s.add(p.Column, times.MulFloat(p.Times))
		}
	}
	plain(c.term, c.level, dd.F(1))
	if !c.centred.IsConstant() {
		parts, _ := set.Expand(c.centred, c.centredLevel...)
		var mean dd.D
		for _, p := range parts {
			mean = mean.Add(set.Total(0, p.Column).MulFloat(p.Times))
		}
		mean = mean.Div(set.Total(0, 0))
		plain(c.of, c.ofLevel, mean.Neg())
	}
	return s
}

// product returns the sum over rows of the product of two columns.
func (s sum) product(t sum, set *moment.Set) dd.D {
	var x dd.D
	for i := range s {
		for j := range t {
			x = x.Add(set.Total(s[i].at, t[j].at).Mul(s[i].times).Mul(t[j].times))
		}
	}
	return x
}
