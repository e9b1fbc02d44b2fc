package dd_test

import (
	"math"
	"math/big"
	"testing"

	"funn/effect/internal/dd"

	"pgregory.net/rapid"
)

func exact(a dd.D) *big.Float {
	x := new(big.Float).SetPrec(400).SetFloat64(a.Hi)
	return x.Add(x, new(big.Float).SetFloat64(a.Lo))
}

func draw(t *rapid.T, name string) dd.D {
	x := dd.F(rapid.Float64Range(-1e6, 1e6).Draw(t, name))
	if math.Abs(x.Hi) < 1e-6 {
		x.Hi = 1e-6
	}
	return x.Add(dd.F(x.Hi * rapid.Float64Range(-1e-17, 1e-17).Draw(t, name+" low")))
}

// near checks got against the exact value to within a few units of dd.Eps,
// relative to scale.
func near(t *rapid.T, op string, got dd.D, want *big.Float, scale float64) {
	diff := new(big.Float).SetPrec(400).Sub(exact(got), want)
	d, _ := diff.Float64()
	if math.Abs(d) > 8*dd.Eps*scale {
		t.Fatalf("%s is off by %g relative to %g", op, d, scale)
	}
}

func TestArithmeticAgainstBigFloat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t, "a"), draw(t, "b")
		x, y := exact(a), exact(b)
		z := func() *big.Float { return new(big.Float).SetPrec(400) }
		near(t, "sum", a.Add(b), z().Add(x, y), math.Abs(a.Hi)+math.Abs(b.Hi))
		near(t, "difference", a.Sub(b), z().Sub(x, y), math.Abs(a.Hi)+math.Abs(b.Hi))
		near(t, "product", a.Mul(b), z().Mul(x, y), math.Abs(a.Hi*b.Hi))
		near(t, "quotient", a.Div(b), z().Quo(x, y), math.Abs(a.Hi/b.Hi))
		near(t, "sum with float", a.AddFloat(b.Hi), z().Add(x, z().SetFloat64(b.Hi)), math.Abs(a.Hi)+math.Abs(b.Hi))
		near(t, "product with float", a.MulFloat(b.Hi), z().Mul(x, z().SetFloat64(b.Hi)), math.Abs(a.Hi*b.Hi))
		p := z().Mul(z().SetFloat64(b.Hi), z().SetFloat64(a.Lo))
		near(t, "sum with product", a.AddProduct(b.Hi, a.Lo), p.Add(p, x), math.Abs(a.Hi)+math.Abs(b.Hi*a.Lo))
		s := dd.D{Hi: math.Abs(a.Hi), Lo: math.Copysign(1, a.Hi) * a.Lo}
		near(t, "square root", s.Sqrt(), z().Sqrt(exact(s)), math.Sqrt(s.Hi))
	})
}
