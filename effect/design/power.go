package design

import (
	"errors"
	"fmt"
	"math"

	"funn/effect/stat"
)

// Trial holds the assumptions of a two-arm trial. Zero values mean: Alpha
// 0.05, Allocation one half, TakeUp everyone, TakeUpControl nobody, SD 1.
type Trial struct {
	// Binary outcomes take their variance from Baseline, the share with the
	// outcome without treatment; others from SD.
	Binary   bool
	Baseline float64
	SD       float64

	Alpha float64
	// Allocation is the share of units (or clusters) in the treatment arm.
	Allocation float64

	// ClusterSize above 0 makes this a cluster trial: Size then counts
	// clusters. SizeCV is the coefficient of variation of cluster sizes, ICC
	// the intra-cluster correlation.
	ClusterSize, SizeCV, ICC float64

	// R2 is the share of the variance (within clusters, if any) and R2Cluster
	// that of the variance between clusters that covariates explain. StrataR2
	// is the share between strata of an individually randomised trial. Strata
	// is the number of strata; each after the first costs a degree of freedom.
	R2, R2Cluster, StrataR2 float64
	Strata                  int

	// TakeUp and TakeUpControl are the shares treated in the two arms. nil
	// TakeUp means everyone.
	TakeUp        *float64
	TakeUpControl float64
	// Attrition is the share of units without an outcome.
	Attrition float64
}

// Answer is a computed design. Size counts units in both arms, or clusters in
// a cluster trial.
type Answer struct {
	Size   int     `json:"size"`
	Units  int     `json:"units"`
	Effect float64 `json:"effect"`
	Power  float64 `json:"power"`
	// Diluted is the difference between arms as randomised that the effect
	// leads to, given take-up.
	Diluted      float64 `json:"diluted_effect"`
	SE           float64 `json:"se"`
	DF           float64 `json:"df"`
	DesignEffect float64 `json:"design_effect,omitempty"`
}

// ErrUnreachable says that no size, or no effect, gives the wanted power.
var ErrUnreachable = errors.New("cannot be reached")

// maxSize bounds the search for a size; larger trials than this have no use
// for a formula.
const maxSize = 1 << 29

func (t Trial) filled() Trial {
	if t.Alpha == 0 {
		t.Alpha = 0.05
	}
	if t.Allocation == 0 {
		t.Allocation = 0.5
	}
	if t.SD == 0 {
		t.SD = 1
	}
	if t.TakeUp == nil {
		everyone := 1.0
		t.TakeUp = &everyone
	}
	t.Strata = max(t.Strata, 1)
	return t
}

func (t Trial) clustered() bool { return t.ClusterSize > 0 }

// minSize is the smallest size with two units (clusters) an arm and a degree
// of freedom left.
func (t Trial) minSize() int {
	return max(int(math.Ceil(2/min(t.Allocation, 1-t.Allocation))), 2+t.Strata)
}

// PowerOf is the chance that a two-sided test at level Alpha finds an effect
// of the given size among those treated. Findings in the wrong direction
// count, as they do in R's power.t.test(strict = TRUE); they matter for
// hopeless designs only.
func (t Trial) PowerOf(size int, effect float64) (Answer, error) {
	t = t.filled()
	if size < t.minSize() {
		return Answer{}, fmt.Errorf("power: a size of %d leaves no degrees of freedom; at least %d are needed", size, t.minSize())
	}
	diluted := effect * (*t.TakeUp - t.TakeUpControl)
	a := Answer{Size: size, Units: size, Effect: effect, Diluted: diluted}
	noise := 1.0 // variance of a mean per unit variance of the outcome
	n := float64(size)
	if t.clustered() {
		m := t.ClusterSize * (1 - t.Attrition)
		between := t.ICC * (1 + t.SizeCV*t.SizeCV)
		noise = between*(1-t.R2Cluster) + (1-t.ICC)/m*(1-t.R2)
		a.DesignEffect = 1 + ((1+t.SizeCV*t.SizeCV)*m-1)*t.ICC
		a.Units = int(math.Round(n * t.ClusterSize))
	} else {
		n *= 1 - t.Attrition
		noise = (1 - t.R2) * (1 - t.StrataR2)
	}
	a.DF = n - 1 - float64(t.Strata)
	if t.clustered() {
		a.DF = float64(size) - 1 - float64(t.Strata)
	}
	if !(a.DF > 0) {
		return Answer{}, fmt.Errorf("power: a size of %d leaves no degrees of freedom after attrition", size)
	}
	n1, n0 := n*t.Allocation, n*(1-t.Allocation)
	if !t.Binary {
		a.SE = t.SD * math.Sqrt(noise*(1/n1+1/n0))
		a.Power = tPower(diluted/a.SE, a.DF, t.Alpha)
		return a, nil
	}
	p0, p1 := t.Baseline, t.Baseline+diluted
	if !(p1 > 0 && p1 < 1 && p0 > 0 && p0 < 1) {
		return Answer{}, fmt.Errorf("power: an effect of %g takes the share outside 0 to 1", effect)
	}
	a.SE = math.Sqrt(noise * (p1*(1-p1)/n1 + p0*(1-p0)/n0))
	if t.clustered() {
		a.Power = tPower(diluted/a.SE, a.DF, t.Alpha)
		return a, nil
	}
	// The z test computes its standard error under the null hypothesis, with
	// one share in both arms.
	pooled := (n1*p1 + n0*p0) / (n1 + n0)
	null := math.Sqrt(noise * pooled * (1 - pooled) * (1/n1 + 1/n0))
	z := -stat.NormalQuantile(t.Alpha / 2)
	a.DF = math.Inf(1)
	a.Power = stat.NormalTail((z*null-math.Abs(diluted))/a.SE) + stat.NormalTail((z*null+math.Abs(diluted))/a.SE)
	return a, nil
}

// SizeFor is the smallest size whose power for an effect is at least power.
func (t Trial) SizeFor(effect, power float64) (Answer, error) {
	t = t.filled()
	enough := func(size int) (bool, error) {
		a, err := t.PowerOf(size, effect)
		return a.Power >= power, err
	}
	low := t.minSize() - 1
	if t.Attrition > 0 {
		low = int(float64(low)/(1-t.Attrition)) + 1
	}
	high := low + 1
	for {
		ok, err := enough(high)
		if err != nil {
			return Answer{}, err
		}
		if ok {
			break
		}
		if high > maxSize {
			return Answer{}, fmt.Errorf("power %g for an effect of %g %w with any size", power, effect, ErrUnreachable)
		}
		low, high = high, 2*high
	}
	for high-low > 1 {
		mid := low + (high-low)/2
		ok, err := enough(mid)
		if err != nil {
			return Answer{}, err
		}
		if ok {
			high = mid
		} else {
			low = mid
		}
	}
	return t.PowerOf(high, effect)
}

// EffectFor is the smallest positive effect that a size finds with the given
// power: the smallest detectable effect.
func (t Trial) EffectFor(size int, power float64) (Answer, error) {
	t = t.filled()
	high := t.SD
	if t.Binary {
		high = (1 - t.Baseline) / (*t.TakeUp - t.TakeUpControl) * (1 - 1e-9)
	} else {
		for range 200 {
			a, err := t.PowerOf(size, high)
			if err != nil {
				return Answer{}, err
			}
			if a.Power >= power {
				break
			}
			high *= 2
		}
	}
	low := 0.0
	top, err := t.PowerOf(size, high)
	if err != nil {
		return Answer{}, err
	}
	if top.Power < power {
		return Answer{}, fmt.Errorf("power %g with a size of %d %w by any effect", power, size, ErrUnreachable)
	}
	for range 200 {
		mid := (low + high) / 2
		if mid == low || mid == high {
			break
		}
		a, err := t.PowerOf(size, mid)
		if err != nil {
			return Answer{}, err
		}
		if a.Power >= power {
			high = mid
		} else {
			low = mid
		}
	}
	return t.PowerOf(size, high)
}

// tPower is the chance that |T| exceeds its critical value when T has a
// noncentral t distribution.
func tPower(ncp, df, alpha float64) float64 {
	critical := stat.TCritical(1-alpha, df)
	ncp = math.Abs(ncp)
	return noncentralTTail(critical, df, ncp) + noncentralTTail(critical, df, -ncp)
}

// noncentralTTail is P(T > t) for a noncentral t with df degrees of freedom
// and noncentrality ncp, for t > 0: the integral over the scale s of
//
//	P(Z > t·s − ncp) · density of s,   df·s² chi-squared with df,
//
// by Gauss-Legendre panels around the density's peak. The integrand is smooth
// and positive, so nothing cancels in either tail.
func noncentralTTail(t, df, ncp float64) float64 {
	if df > 1e8 {
		return stat.NormalTail(t - ncp)
	}
	// ln density of s, without its constant, is (df−1)·ln s − df·s²/2; its
	// peak is at √((df−1)/df) and its width about 1/√(2df). The integral runs
	// over u = √s, in which the density is smooth at 0 for few df as well.
	lnGamma, _ := math.Lgamma(df / 2)
	constant := math.Ln2 + df/2*math.Log(df/2) - lnGamma
	width := 1 / math.Sqrt(2*df)
	peak := math.Sqrt(max(df-1, 0) / df)
	from, to := math.Sqrt(max(0, peak-14*width)), math.Sqrt(peak+14*width)
	const panels = 64
	step := (to - from) / panels
	sum := 0.0
	for i := range panels {
		mid := from + (float64(i)+0.5)*step
		for j, x := range gaussNodes {
			for _, sign := range [2]float64{-1, 1} {
				u := mid + sign*x*step/2
				s := u * u
				density := math.Exp(constant + (df-1)*math.Log(s) - df*s*s/2)
				sum += gaussWeights[j] * 2 * u * density * stat.NormalTail(t*s-ncp)
			}
		}
	}
	return min(sum*step/2, 1)
}

// Gauss-Legendre with ten points on [-1, 1]: the positive nodes and their
// weights (Abramowitz and Stegun, table 25.4).
var (
	gaussNodes   = [5]float64{0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845, 0.9739065285171717}
	gaussWeights = [5]float64{0.2955242247147529, 0.2692667193099964, 0.2190863625159821, 0.1494513491505806, 0.0666713443086881}
)
