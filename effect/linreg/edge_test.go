package linreg_test

import (
	"fmt"
	"slices"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"

	"github.com/google/go-cmp/cmp"
)

// edge is a table with every awkward cell at once: groups with one row, a group
// in which everybody is treated, one in which nobody is, and names of levels that
// no row has.
func edge(t *testing.T) *data.Memory {
	const n = 90
	u := uniforms(3*n, 21)
	group, treated, office := make([]uint32, n), make([]int64, n), make([]int64, n)
	y := make([]float64, n)
	for i := range n {
		group[i], office[i] = uint32(i%6), int64(i%13)
		treated[i] = int64(u[i] * 2)
		switch group[i] {
		case 4:
			treated[i] = 1
		case 5:
			treated[i] = 0
		}
		if i >= n-3 {
			group[i] = uint32(7 + i - (n - 3)) // alone; the name between is nobody's
		}
		y[i] = float64(treated[i]) + 3*u[n+i] + float64(group[i])/3 + u[2*n+i]
	}
	names := make([]string, 12)
	for i := range names {
		names[i] = fmt.Sprint("g", string(rune('a'+i)))
	}
	m, err := data.NewMemory(data.Column{Name: "group", Kind: data.String, Codes: group, Levels: names},
		data.Ints("treated", treated), data.Ints("office", office), data.Floats("x", u[n:2*n]), data.Floats("y", y))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// R 4.2.2: lm(y ~ treated + x + group), sandwich::vcovHC, vcovCL HC1 by office
// and clubSandwich::vcovCR with coef_test Satterthwaite, on
//
//	n <- 90; u <- lcg(3*n, 21); i <- 0:(n-1); g <- i %% 6; g[88:90] <- 7:9
//	z <- floor(u[1:n]*2); z[i %% 6 == 4] <- 1; z[i %% 6 == 5] <- 0
//	x <- u[n+1:n]; y <- z + 3*x + g/3 + u[2*n+1:n]; office <- i %% 13
//
// HC2, HC3 and CR3, which R cannot compute where a row is fitted whatever it is,
// on the 87 other rows.
func TestAwkwardCells(t *testing.T) {
	src := edge(t)
	for _, c := range []struct {
		vcov linreg.VCov
		se   float64
		df   float64
	}{
		{linreg.IID, 0.07986179091080207, 79},
		{linreg.HC0, 0.06721324141036189, 79},
		{linreg.HC1, 0.07174019439721649, 79},
		{linreg.HC2, 0.07074068158285851, 79},
		{linreg.HC3, 0.07446468050406614, 79},
		{linreg.CR1, 0.08919596408237787, 12},
		{linreg.CR2, 0.08766648468853791, 10.44885033856603},
		{linreg.CR3, 0.09530565784816616, 10.14138913131642},
	} {
		m := linreg.Model{Outcome: "y", Terms: linreg.Terms(num("treated"), num("x"), cat("group")), VCov: c.vcov, Cluster: []string{"office"}, Focus: []moment.Term{num("treated")}}
		dummies := run(t, src, m, linreg.Options{})
		check(t, dummies, want{"treated", 1.005037115282613, c.se, c.df})
		if c.vcov == linreg.HC2 || c.vcov == linreg.HC3 || c.vcov.Clustered() && c.vcov != linreg.CR1 {
			continue
		}
		m.Terms, m.Absorb = numbers("treated", "x"), []string{"group"}
		absorbed := run(t, src, m, linreg.Options{CountNested: true})
		check(t, absorbed, want{"treated", 1.005037115282613, c.se, c.df})
		at := slices.IndexFunc(absorbed.Absorbed, func(e linreg.AbsorbedEffect) bool { return e.Column == "group" })
		if e := absorbed.Absorbed[at]; e.Levels != 9 || e.Singletons != 3 {
			t.Errorf("%s: %d levels of which %d singletons, want 9 and 3", c.vcov, e.Levels, e.Singletons)
		}
		if !slices.ContainsFunc(absorbed.Warnings, func(w linreg.Warning) bool { return w.Code == linreg.CodeSingletons }) {
			t.Errorf("%s: no warning of the singletons among %+v", c.vcov, absorbed.Warnings)
		}
	}
	// Names that nobody has make no coefficients.
	r := run(t, src, linreg.Model{Outcome: "y", Terms: linreg.Terms(cat("group"))}, linreg.Options{})
	var got []string
	for _, x := range r.Coefficients[1:] {
		got = append(got, x.Name)
	}
	want := []string{"group=gb", "group=gc", "group=gd", "group=ge", "group=gf", "group=gh", "group=gi", "group=gj"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("coefficients (-want +got):\n%s", diff)
	}
}
