package linreg_test

import (
	"fmt"
	"math"
	"testing"

	"funn/effect/data"
	"funn/effect/linreg"
)

// The effect of a treatment beside a polynomial does not depend on how the
// polynomial is written: powers, whose condition number goes up to what float64
// can bear, and Chebyshev's polynomials, which are nearly independent, give the
// same estimate, standard error and degrees of freedom, to the digits that the
// rounding of the powers themselves leaves.
func TestBasisDoesNotMatter(t *testing.T) {
	const n = 240
	u := uniforms(2*n, 31)
	for _, width := range []float64{6, 3, 1.5, 1} {
		for _, degree := range []int{2, 4, 5, 7} {
			t.Run(fmt.Sprint(width, " ", degree), func(t *testing.T) {
				x, y, w := make([]float64, n), make([]float64, n), make([]float64, n)
				treated, office := make([]int64, n), make([]int64, n)
				for i := range n {
					x[i] = 10 - width*u[i]
					treated[i], office[i] = int64(i%2), int64(i%30)
					y[i] = float64(treated[i]) + x[i] + u[n+i]*(1+u[i]) + math.Sin(float64(i%30))
					w[i] = 0.5 + u[n-1-i]
				}
				columns := []data.Column{data.Floats("y", y), data.Floats("w", w), data.Ints("treated", treated), data.Ints("office", office)}
				powers, chebyshev := numbers("treated"), numbers("treated")
				for p := 1; p <= degree; p++ {
					a, b := make([]float64, n), make([]float64, n)
					for i := range n {
						a[i] = math.Pow(x[i], float64(p))
						b[i] = math.Cos(float64(p) * math.Acos(max(-1, min(1, (x[i]-10)/width*2+1))))
					}
					columns = append(columns, data.Floats(fmt.Sprint("p", p), a), data.Floats(fmt.Sprint("c", p), b))
					powers, chebyshev = append(powers, numbers(fmt.Sprint("p", p))...), append(chebyshev, numbers(fmt.Sprint("c", p))...)
				}
				src, err := data.NewMemory(columns...)
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range []linreg.VCov{linreg.IID, linreg.HC1, linreg.HC2, linreg.HC3, linreg.CR1, linreg.CR2, linreg.CR3} {
					for _, weight := range []string{"", "w"} {
						m := linreg.Model{Outcome: "y", Terms: powers, VCov: v, Cluster: []string{"office"}, Weight: weight}
						r := run(t, src, m, linreg.Options{})
						if len(r.Dropped) > 0 {
							continue // another model
						}
						m.Terms = chebyshev
						want := run(t, src, m, linreg.Options{})
						tol := 1e-10 + 100*math.Ldexp(math.Sqrt(r.Condition), -53)
						got, _ := r.Coefficient("treated")
						ref, _ := want.Coefficient("treated")
						what := fmt.Sprintf("%s %s, condition %.0e: ", v, weight, r.Condition)
						near(t, what+"estimate", got.Estimate, ref.Estimate, tol)
						near(t, what+"se", got.SE, ref.SE, tol)
						near(t, what+"df", got.DF, ref.DF, 100*tol)
					}
				}
			})
		}
	}
}
