// Package dd is double-double arithmetic: a number is held as the unevaluated
// sum of two float64, which gives 106 bits of significand, about 32 decimal
// digits, with the exponent range of float64.
//
// The estimators use it where ordinary floating point would lose the digits
// that matter: factoring cross-product matrices, whose condition is the square
// of the data's, and summing the per-cluster matrices into the total.
//
// The error-free transformations are Dekker's and Knuth's, the product uses the
// fused multiply-add; see T. J. Dekker, "A floating-point technique for
// extending the available precision", Numerische Mathematik 18 (1971), and
// Y. Hida, X. S. Li and D. H. Bailey, "Algorithms for quad-double precision
// floating point arithmetic", ARITH-15 (2001).
package dd

import "math"

// Eps is the relative rounding error of one operation, about 2^-104.
const Eps = 4.93e-32

// D is the unevaluated sum Hi+Lo with |Lo| at most half a unit in the last
// place of Hi. The zero value is 0.
type D struct{ Hi, Lo float64 }

// F returns the number x.
func F(x float64) D { return D{Hi: x} }

// Float returns the nearest float64.
func (a D) Float() float64 { return a.Hi + a.Lo }

// TwoSum returns s = a+b rounded and the error e with s+e = a+b exactly.
func TwoSum(a, b float64) (s, e float64) {
	s = a + b
	v := s - a
	e = (a - (s - v)) + (b - v)
	return s, e
}

// TwoProduct returns p = a*b rounded and the error e with p+e = a*b exactly.
func TwoProduct(a, b float64) (p, e float64) {
	p = a * b
	return p, math.FMA(a, b, -p)
}

func quick(a, b float64) D {
	s := a + b
	return D{s, b - (s - a)}
}

// Add returns a+b.
func (a D) Add(b D) D {
	s, e := TwoSum(a.Hi, b.Hi)
	t, f := TwoSum(a.Lo, b.Lo)
	r := quick(s, e+t)
	return quick(r.Hi, r.Lo+f)
}

// AddFloat returns a+b.
func (a D) AddFloat(b float64) D {
	s, e := TwoSum(a.Hi, b)
	return quick(s, e+a.Lo)
}

// AddProduct returns a + b*c with the product taken exactly.
func (a D) AddProduct(b, c float64) D {
	p, pe := TwoProduct(b, c)
	s, e := TwoSum(a.Hi, p)
	return quick(s, e+(a.Lo+pe))
}

// Neg returns -a.
func (a D) Neg() D { return D{-a.Hi, -a.Lo} }

// Sub returns a-b.
func (a D) Sub(b D) D { return a.Add(b.Neg()) }

// Mul returns a*b.
func (a D) Mul(b D) D {
	p, e := TwoProduct(a.Hi, b.Hi)
	return quick(p, e+(a.Hi*b.Lo+a.Lo*b.Hi))
}

// MulFloat returns a*b.
func (a D) MulFloat(b float64) D {
	p, e := TwoProduct(a.Hi, b)
	return quick(p, e+a.Lo*b)
}

// Div returns a/b.
func (a D) Div(b D) D {
	q1 := a.Hi / b.Hi
	r := a.Sub(b.MulFloat(q1))
	q2 := r.Hi / b.Hi
	r = r.Sub(b.MulFloat(q2))
	q3 := r.Hi / b.Hi
	q := quick(q1, q2)
	return q.AddFloat(q3)
}

// Sqrt returns the square root of a, which must not be negative.
func (a D) Sqrt() D {
	if a.Hi <= 0 {
		return D{}
	}
	x := 1 / math.Sqrt(a.Hi)
	ax := a.Hi * x
	p, e := TwoProduct(ax, ax)
	r := a.Sub(D{p, e})
	return quick(ax, r.Hi*(x*0.5))
}
