package linreg_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
	"funn/effect/moment"

	"github.com/google/go-cmp/cmp"
)

// The data and certified values of this file are the Statistical Reference
// Datasets Longley and Filip of the National Institute of Standards and
// Technology, itl.nist.gov/div898/strd.

func TestLongley(t *testing.T) {
	rows := [][7]float64{
		{60323, 83.0, 234289, 2356, 1590, 107608, 1947},
		{61122, 88.5, 259426, 2325, 1456, 108632, 1948},
		{60171, 88.2, 258054, 3682, 1616, 109773, 1949},
		{61187, 89.5, 284599, 3351, 1650, 110929, 1950},
		{63221, 96.2, 328975, 2099, 3099, 112075, 1951},
		{63639, 98.1, 346999, 1932, 3594, 113270, 1952},
		{64989, 99.0, 365385, 1870, 3547, 115094, 1953},
		{63761, 100.0, 363112, 3578, 3350, 116219, 1954},
		{66019, 101.2, 397469, 2904, 3048, 117388, 1955},
		{67857, 104.6, 419180, 2822, 2857, 118734, 1956},
		{68169, 108.4, 442769, 2936, 2798, 120445, 1957},
		{66513, 110.8, 444546, 4681, 2637, 121950, 1958},
		{68655, 112.6, 482704, 3813, 2552, 123366, 1959},
		{69564, 114.2, 502601, 3931, 2514, 125368, 1960},
		{69331, 115.7, 518173, 4806, 2572, 127852, 1961},
		{70551, 116.9, 554894, 4007, 2827, 130081, 1962},
	}
	names := []string{"y", "x1", "x2", "x3", "x4", "x5", "x6"}
	var cols []data.Column
	for j, name := range names {
		v := make([]float64, len(rows))
		for i := range rows {
			v[i] = rows[i][j]
		}
		cols = append(cols, data.Floats(name, v))
	}
	src, err := data.NewMemory(cols...)
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, src, linreg.Model{Outcome: "y", Terms: numbers(names[1:]...)}, linreg.Options{})
	for _, w := range []want{
		{linreg.Intercept, -3482258.63459582, 890420.383607373, 9},
		{"x1", 15.0618722713733, 84.9149257747669, 9},
		{"x2", -0.358191792925910e-01, 0.334910077722432e-01, 9},
		{"x3", -2.02022980381683, 0.488399681651699, 9},
		{"x4", -1.03322686717359, 0.214274163161675, 9},
		{"x5", -0.511041056535807e-01, 0.226073200069370, 9},
		{"x6", 1829.15146461355, 455.478499142212, 9},
	} {
		c, _ := r.Coefficient(w.name)
		near(t, w.name, c.Estimate, w.estimate, 1e-11)
		near(t, "se of "+w.name, c.SE, w.se, 1e-11)
	}
	near(t, "sigma", r.Sigma, 304.854073561965, 1e-11)
	near(t, "R2", r.R2, 0.995479004577296, 1e-13)
}

var filipY = []float64{
	0.8116, 0.9072, 0.9052, 0.9039, 0.8053, 0.8377, 0.8667, 0.8809, 0.7975, 0.8162, 0.8515, 0.8766, 0.8885, 0.8859, 0.8959, 0.8913, 0.8959,
	0.8971, 0.9021, 0.909, 0.9139, 0.9199, 0.8692, 0.8872, 0.89, 0.891, 0.8977, 0.9035, 0.9078, 0.7675, 0.7705, 0.7713, 0.7736, 0.7775, 0.7841,
	0.7971, 0.8329, 0.8641, 0.8804, 0.7668, 0.7633, 0.7678, 0.7697, 0.77, 0.7749, 0.7796, 0.7897, 0.8131, 0.8498, 0.8741, 0.8061, 0.846, 0.8751,
	0.8856, 0.8919, 0.8934, 0.894, 0.8957, 0.9047, 0.9129, 0.9209, 0.9219, 0.7739, 0.7681, 0.7665, 0.7703, 0.7702, 0.7761, 0.7809, 0.7961, 0.8253,
	0.8602, 0.8809, 0.8301, 0.8664, 0.8834, 0.8898, 0.8964, 0.8963, 0.9074, 0.9119, 0.9228,
}

var filipX = []float64{
	-6.860120914, -4.324130045, -4.358625055, -4.358426747, -6.955852379, -6.661145254, -6.355462942, -6.118102026, -7.115148017, -6.815308569,
	-6.519993057, -6.204119983, -5.853871964, -6.109523091, -5.79832982, -5.482672118, -5.171791386, -4.851705903, -4.517126416, -4.143573228,
	-3.709075441, -3.499489089, -6.300769497, -5.953504836, -5.642065153, -5.031376979, -4.680685696, -4.329846955, -3.928486195, -8.56735134,
	-8.363211311, -8.107682739, -7.823908741, -7.522878745, -7.218819279, -6.920818754, -6.628932138, -6.323946875, -5.991399828, -8.781464495,
	-8.663140179, -8.473531488, -8.247337057, -7.971428747, -7.676129393, -7.352812702, -7.072065318, -6.774174009, -6.478861916, -6.159517513,
	-6.835647144, -6.53165267, -6.224098421, -5.910094889, -5.598599459, -5.290645224, -4.974284616, -4.64454848, -4.290560426, -3.885055584,
	-3.408378962, -3.13200249, -8.726767166, -8.66695597, -8.511026475, -8.165388579, -7.886056648, -7.588043762, -7.283412422, -6.995678626,
	-6.691862621, -6.392544977, -6.067374056, -6.684029655, -6.378719832, -6.065855188, -5.752272167, -5.132414673, -4.811352704, -4.098269308,
	-3.66174277, -3.2644011,
}

// Filip's polynomial of degree 10 is the hardest of the reference data sets: its
// powers are so nearly dependent that rounding them to float64 alone moves the
// coefficients in the seventh digit. With the common tolerance a column is
// dropped and named, as R's lm does; with a lower one the coefficients are found
// and the loss of digits is told.
func TestFilip(t *testing.T) {
	cols := []data.Column{data.Floats("y", filipY)}
	var terms []linreg.Term
	for p := 1; p <= 10; p++ {
		v := make([]float64, len(filipX))
		for i, x := range filipX {
			v[i] = math.Pow(x, float64(p))
		}
		name := fmt.Sprint("x", p)
		cols, terms = append(cols, data.Floats(name, v)), append(terms, linreg.Term{Term: moment.Number(name)})
	}
	src, err := data.NewMemory(cols...)
	if err != nil {
		t.Fatal(err)
	}
	m := linreg.Model{Outcome: "y", Terms: terms}
	r := run(t, src, m, linreg.Options{})
	if len(r.Dropped) != 1 || r.Dropped[0].Name != "x10" {
		t.Errorf("dropped %+v, want x10", r.Dropped)
	}
	r = run(t, src, m, linreg.Options{Collinear: 1e-24})
	for i, w := range []want{
		{"", -1467.48961422980, 298.084530995537, 0},
		{"", -2772.17959193342, 559.779865474950, 0},
		{"", -2316.37108160893, 466.477572127796, 0},
		{"", -1127.97394098372, 227.204274477751, 0},
		{"", -354.478233703349, 71.6478660875927, 0},
		{"", -75.1242017393757, 15.2897178747400, 0},
		{"", -10.8753180355343, 2.23691159816033, 0},
		{"", -1.06221498588947, 0.221624321934227, 0},
		{"", -0.670191154593408e-01, 0.142363763154724e-01, 0},
		{"", -0.246781078275479e-02, 0.535617408889821e-03, 0},
		{"", -0.402962525080404e-04, 0.896632837373868e-05, 0},
	} {
		c := r.Coefficients[i]
		near(t, c.Name, c.Estimate, w.estimate, 1e-7)
		near(t, "se of "+c.Name, c.SE, w.se, 1e-7)
	}
	near(t, "sigma", r.Sigma, 0.334801051324544e-02, 1e-8)
	var codes []linreg.Code
	for _, w := range r.Warnings {
		codes = append(codes, w.Code)
	}
	if diff := cmp.Diff([]linreg.Code{linreg.CodeDigits, linreg.CodePrecision}, codes); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// Beyond what the digits of the data can bear, the model is refused.
func TestHopelesslyConditionedIsRefused(t *testing.T) {
	const n = 60
	u := uniforms(2*n, 3)
	x, z, y := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range n {
		x[i] = 1 + u[i]
		z[i] = x[i] * (1 + math.Ldexp(math.Round(u[n+i]*8), -46))
		y[i] = x[i] + u[n+i]
	}
	src, err := data.NewMemory(data.Floats("x", x), data.Floats("z", z), data.Floats("y", y))
	if err != nil {
		t.Fatal(err)
	}
	m := linreg.Model{Outcome: "y", Terms: numbers("x", "z")}
	_, err = linreg.Run(t.Context(), src, m, linreg.Options{Collinear: 1e-32})
	var refusal *linreg.Refusal
	if !errors.As(err, &refusal) || refusal.Code != linreg.CodeIllConditioned {
		t.Errorf("Run = %v, want a refusal as ill-conditioned", err)
	}
	r := run(t, src, m, linreg.Options{})
	if len(r.Dropped) != 1 || r.Dropped[0].Name != "z" || !cmp.Equal(r.Dropped[0].Because, []string{"x"}) {
		t.Errorf("dropped %+v, want z because of x", r.Dropped)
	}
}
