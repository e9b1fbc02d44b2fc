package dense_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"funn/effect/internal/dd"
	"funn/effect/internal/dense"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// gram returns X'X of a random n x k matrix in which column j is replaced by a
// combination of earlier ones wherever dependent[j].
func gram(r *rand.Rand, n, k int, dependent func(j int) bool) []dd.D {
	x := make([][]float64, k)
	for j := range x {
		x[j] = make([]float64, n)
		if j > 0 && dependent(j) {
			for i := range n {
				x[j][i] = 2*x[j-1][i] - x[0][i]
			}
			continue
		}
		for i := range n {
			x[j][i] = float64(r.IntN(2000) - 1000)
		}
	}
	a := make([]dd.D, k*k)
	for i := range k {
		for j := range k {
			for t := range n {
				a[i*k+j] = a[i*k+j].AddProduct(x[i][t], x[j][t])
			}
		}
	}
	return a
}

func diagonal(a []dd.D, k int) []float64 {
	d := make([]float64, k)
	for i := range d {
		d[i] = a[i*k+i].Float()
	}
	return d
}

func TestFactorDropsTheLastOfADependentSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	a := gram(r, 40, 6, func(j int) bool { return j == 3 })
	c := dense.Factor(a, 6, diagonal(a, 6), 1e-14)
	if diff := cmp.Diff([]int{0, 1, 2, 4, 5}, c.Kept); diff != "" {
		t.Fatalf("Kept (-want +got):\n%s", diff)
	}
	if len(c.Dropped) != 1 || c.Dropped[0].Column != 3 {
		t.Fatalf("Dropped = %+v, want column 3", c.Dropped)
	}
	for i, want := range []float64{-1, 0, 2} {
		if math.Abs(c.Dropped[0].Coef[i]-want) > 1e-20 {
			t.Errorf("coefficient %d of the dropped column = %g, want %g", i, c.Dropped[0].Coef[i], want)
		}
	}
}

func TestInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 12).Draw(t, "k")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 3))
		a := gram(r, k+5, k, func(int) bool { return false })
		c := dense.Factor(a, k, diagonal(a, k), 1e-14)
		if c.Size() != k {
			t.Skip("dependent by chance")
		}
		m := c.Inverse()
		b := make([]dd.D, k)
		for i := range b {
			b[i] = dd.F(float64(i + 1))
		}
		x := append([]dd.D{}, b...)
		c.Solve(x)
		for i := range k {
			var sum dd.D
			for j := range k {
				var p dd.D
				for l := range k {
					p = p.Add(a[i*k+l].Mul(m[l*k+j]))
				}
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(p.AddFloat(-want).Float()) > 1e-18 {
					t.Fatalf("(A A^-1)[%d,%d] = %v", i, j, p)
				}
				sum = sum.Add(a[i*k+j].Mul(x[j]))
			}
			if math.Abs(sum.Sub(b[i]).Float()) > 1e-18 {
				t.Fatalf("A x differs from b by %g", sum.Sub(b[i]).Float())
			}
		}
	})
}

func TestInverseFloat(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	const n = 9
	a := gram(r, 40, n, func(int) bool { return false })
	f := make([]float64, n*n)
	for i := range n {
		for j := range n {
			f[i*n+j] = a[i*n+j].Float() / math.Sqrt(a[i*n+i].Float()*a[j*n+j].Float())
		}
	}
	m, ok := dense.InverseFloat(f, n)
	if !ok {
		t.Fatal("not positive definite")
	}
	for i := range n {
		for j := range n {
			s := 0.0
			if i == j {
				s = -1
			}
			for k := range n {
				s += f[i*n+k] * m[k*n+j]
			}
			if math.Abs(s) > 1e-13 {
				t.Errorf("(A A^-1)[%d,%d] is off by %g", i, j, s)
			}
		}
	}
	f[1], f[n] = 1, 1 // two columns alike
	if _, ok := dense.InverseFloat(f, n); ok {
		t.Error("a singular matrix was inverted")
	}
}

func TestEigen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "n")
		rank := rapid.IntRange(0, n).Draw(t, "rank")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 4))
		a := make([]float64, n*n)
		for range rank {
			v := make([]float64, n)
			for i := range v {
				v[i] = r.NormFloat64()
			}
			for i := range n {
				for j := range n {
					a[i*n+j] += v[i] * v[j]
				}
			}
		}
		e := dense.NewEigen(n)
		if !e.Decompose(a) {
			t.Fatalf("no convergence")
		}
		scale := 1e-300
		for i := range n {
			scale = max(scale, math.Abs(e.Values[i]))
			if i > 0 && e.Values[i] < e.Values[i-1] {
				t.Fatalf("eigenvalues not ascending: %v", e.Values)
			}
		}
		for i := range n {
			for j := range n {
				var av, dot float64
				for k := range n {
					av += a[i*n+k] * e.Vectors[j*n+k]
					dot += e.Vectors[i*n+k] * e.Vectors[j*n+k]
				}
				if math.Abs(av-e.Values[j]*e.Vectors[j*n+i]) > 1e-13*scale {
					t.Fatalf("A v differs from lambda v by %g", av-e.Values[j]*e.Vectors[j*n+i])
				}
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(dot-want) > 1e-13 {
					t.Fatalf("eigenvectors %d and %d have product %g", i, j, dot)
				}
			}
		}
		var rankSeen int
		for _, v := range e.Values {
			if v > 1e-12*scale {
				rankSeen++
			}
		}
		if rankSeen > rank {
			t.Fatalf("rank %d, want at most %d", rankSeen, rank)
		}
	})
}

func BenchmarkEigen33(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	a := gram(r, 200, 33, func(int) bool { return false })
	f := make([]float64, len(a))
	for i := range a {
		f[i] = a[i].Float()
	}
	e := dense.NewEigen(33)
	for b.Loop() {
		e.Decompose(f)
	}
}
