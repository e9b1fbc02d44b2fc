package design

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"funn/effect/stat"
)

// Method is how units are drawn to arms; the package documentation says when
// to use which.
type Method string

const (
	Simple       Method = "simple"
	Complete     Method = "complete"
	Blocked      Method = "blocked"
	MatchedPairs Method = "matched_pairs"
	Rerandomised Method = "rerandomised"
)

// Unit is one thing that is drawn: a person, or an office as a whole.
type Unit struct {
	ID string
	// Stratum is the combination of values it is drawn within; units with the
	// same text are drawn together.
	Stratum string
	// X are the numbers that decide likeness (MatchedPairs) or balance
	// (Rerandomised); the same length for every unit, all finite.
	X []float64
}

// Arm is one arm and the share of units it is to get. Shares of 0 in every
// arm mean equal shares.
type Arm struct {
	Value string
	Share float64
}

// Spec is what is to be drawn.
type Spec struct {
	Method Method
	Seed   uint64
	Arms   []Arm
	// BlockSize is the number of units in a random block within a stratum
	// (Blocked); 0 makes each stratum one block.
	BlockSize int
	// Accept is the share of draws that counts as balanced (Rerandomised).
	Accept float64
	// MaxDraws ends the search for a balanced draw; 0 means 100/Accept, which
	// a balanced draw fails to turn up in once in 1e43 times.
	MaxDraws int
	// Waves, above 1, also draws in which wave a unit starts.
	Waves int
}

// Draw is the outcome for one unit.
type Draw struct {
	ID  string `json:"id"`
	Arm string `json:"arm"`
	// Block names the stratum, with the number of the block or pair in it.
	Block string `json:"block,omitempty"`
	// Wave counts from 1; 0 when no waves are drawn.
	Wave int `json:"wave,omitempty"`
}

// Assignment is a draw of all units, sorted by unit, and the log needed to
// draw it again.
type Assignment struct {
	Algorithm string  `json:"algorithm"`
	Method    Method  `json:"method"`
	Seed      uint64  `json:"seed"`
	Units     int     `json:"units"`
	UnitsHash string  `json:"units_hash"`
	Tried     int     `json:"draws_tried"`
	Distance  float64 `json:"distance,omitempty"`
	Threshold float64 `json:"threshold,omitempty"`
	Draws     []Draw  `json:"draws"`
}

// Algorithm names the generator and the version of the methods here. It
// changes when any draw would.
const Algorithm = "chacha8/2"

// ErrUnbalanced says that no draw within MaxDraws was balanced enough.
var ErrUnbalanced = errors.New("no draw was balanced enough")

// Randomise draws an assignment.
func Randomise(spec Spec, units []Unit) (*Assignment, error) {
	if err := check(spec, units); err != nil {
		return nil, fmt.Errorf("randomise: %w", err)
	}
	units = slices.Clone(units)
	slices.SortFunc(units, func(a, b Unit) int { return cmp.Compare(a.ID, b.ID) })
	a := &Assignment{
		Algorithm: Algorithm, Method: spec.Method, Seed: spec.Seed,
		Units: len(units), UnitsHash: unitsHash(units), Tried: 1,
	}
	arms := newArms(spec.Arms)
	s := newStream(spec.Seed, "arms")
	strata := byStratum(units)
	arm := make([]int, len(units))
	block := make([]string, len(units))
	for i, u := range units {
		block[i] = u.Stratum
	}
	switch spec.Method {
	case Simple:
		for i := range arm {
			arm[i] = arms.draw(s)
		}
	case Complete:
		for _, members := range strata {
			arms.complete(s, members, arm)
		}
	case Blocked:
		for _, members := range strata {
			drawBlocks(s, arms, members, units, spec.BlockSize, arm, block)
		}
	case MatchedPairs:
		for _, members := range strata {
			pairs := matchPairs(units, members)
			for n, p := range pairs {
				flip := s.below(2)
				arm[p[0]] = flip
				block[p[0]] = blockName(units[p[0]].Stratum, "pair", n+1)
				if len(p) == 2 {
					arm[p[1]] = 1 - flip
					block[p[1]] = block[p[0]]
				}
			}
		}
	case Rerandomised:
		if err := rerandomise(s, spec, arms, units, strata, arm, a); err != nil {
			return nil, fmt.Errorf("randomise: %w", err)
		}
	}
	wave := drawWaves(spec, strata, arm, len(arms.values))
	for i, u := range units {
		a.Draws = append(a.Draws, Draw{ID: u.ID, Arm: arms.values[arm[i]], Block: block[i], Wave: wave[i]})
	}
	return a, nil
}

// Verify draws again and tells the first unit whose draw differs.
func (a *Assignment) Verify(spec Spec, units []Unit) error {
	again, err := Randomise(spec, units)
	if err != nil {
		return err
	}
	if a.UnitsHash != again.UnitsHash {
		return fmt.Errorf("verify assignment: the units are not those that were drawn (%s, not %s)", again.UnitsHash, a.UnitsHash)
	}
	if len(a.Draws) != len(again.Draws) {
		return fmt.Errorf("verify assignment: %d units, not %d", len(a.Draws), len(again.Draws))
	}
	for i, d := range a.Draws {
		if d != again.Draws[i] {
			return fmt.Errorf("verify assignment: unit %q was recorded as %+v, but the seed gives %+v", d.ID, d, again.Draws[i])
		}
	}
	return nil
}

func check(spec Spec, units []Unit) error {
	if len(spec.Arms) < 2 {
		return fmt.Errorf("%d arms; at least two are needed", len(spec.Arms))
	}
	if len(units) < len(spec.Arms) {
		return fmt.Errorf("%d units for %d arms", len(units), len(spec.Arms))
	}
	seen := make(map[string]bool, len(units))
	for _, u := range units {
		switch {
		case u.ID == "":
			return errors.New("a unit has no name")
		case seen[u.ID]:
			return fmt.Errorf("the unit %q is listed twice", u.ID)
		case len(u.X) != len(units[0].X):
			return fmt.Errorf("the unit %q has %d covariates, others %d", u.ID, len(u.X), len(units[0].X))
		}
		seen[u.ID] = true
		for _, x := range u.X {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("the unit %q lacks a covariate or has one that is infinite", u.ID)
			}
		}
	}
	total := 0.0
	for _, a := range spec.Arms {
		if a.Share < 0 {
			return fmt.Errorf("the arm %q has a negative share", a.Value)
		}
		total += a.Share
	}
	if total != 0 && math.Abs(total-1) > 1e-9 {
		return fmt.Errorf("the arms' shares add up to %g, not 1", total)
	}
	switch spec.Method {
	case Simple, Complete, Blocked:
	case MatchedPairs:
		if len(spec.Arms) != 2 || len(units[0].X) == 0 {
			return errors.New("matched pairs need two arms and covariates")
		}
		if len(units) > maxPaired {
			return fmt.Errorf("%d units are too many to match in pairs (at most %d); use blocks", len(units), maxPaired)
		}
	case Rerandomised:
		if len(units[0].X) == 0 || !(spec.Accept > 0 && spec.Accept < 1) {
			return errors.New("rerandomisation needs covariates and a share of draws to accept between 0 and 1")
		}
	default:
		return fmt.Errorf("the method %q is unknown", spec.Method)
	}
	return nil
}

// unitsHash is a fingerprint of everything about the units that a draw
// depends on. units are sorted.
func unitsHash(units []Unit) string {
	h := sha256.New()
	for _, u := range units {
		fmt.Fprintf(h, "%q %q", u.ID, u.Stratum)
		for _, x := range u.X {
			fmt.Fprintf(h, " %016x", math.Float64bits(x))
		}
		fmt.Fprintln(h)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// byStratum groups the indices of units by stratum, strata in order.
func byStratum(units []Unit) [][]int {
	groups := map[string][]int{}
	var names []string
	for i, u := range units {
		if groups[u.Stratum] == nil {
			names = append(names, u.Stratum)
		}
		groups[u.Stratum] = append(groups[u.Stratum], i)
	}
	slices.Sort(names)
	out := make([][]int, len(names))
	for i, n := range names {
		out[i] = groups[n]
	}
	return out
}

// armShares are arms with shares as whole parts of 2^53, so that no rounding
// depends on the processor.
type armShares struct {
	values []string
	upto   []uint64 // cumulative, of 1<<53
}

func newArms(list []Arm) *armShares {
	a := &armShares{}
	total := 0.0
	equal := !slices.ContainsFunc(list, func(arm Arm) bool { return arm.Share > 0 })
	for i, arm := range list {
		share := arm.Share
		if equal {
			share = 1 / float64(len(list))
		}
		total += share
		a.values = append(a.values, arm.Value)
		a.upto = append(a.upto, uint64(math.Round(min(total, 1)*(1<<53))))
		if i == len(list)-1 {
			a.upto[i] = 1 << 53
		}
	}
	return a
}

// draw draws one unit on its own.
func (a *armShares) draw(s stream) int {
	r := s.Uint64() >> 11
	for i, upto := range a.upto {
		if r < upto {
			return i
		}
	}
	return len(a.upto) - 1
}

// fill lists n arms in the arms' shares. The part of a unit that the shares
// leave over goes to an arm drawn with the remaining chances, so that every
// unit's chance of every arm is exactly its share.
func (a *armShares) fill(s stream, n int) []int {
	out := make([]int, 0, n)
	// One random offset u in [0, 1) places n equally spaced points on the
	// cumulative shares (systematic sampling): arm i gets the points that fall
	// in its interval.
	u := s.Uint64() >> 11
	arm := 0
	for k := range n {
		// The point (k + u/2^53)/n lies below upto/2^53 exactly when
		// k·2^53 + u < n·upto; n is at most 2^31, so 128 bits suffice.
		for arm < len(a.upto)-1 && !lessProduct(uint64(k), u, uint64(n), a.upto[arm]) {
			arm++
		}
		out = append(out, arm)
	}
	return out
}

func (a *armShares) complete(s stream, members []int, arm []int) {
	list := a.fill(s, len(members))
	shuffle(s, list)
	for i, m := range members {
		arm[m] = list[i]
	}
}

func blockName(stratum, kind string, n int) string {
	if stratum != "" {
		stratum += ", "
	}
	return stratum + kind + " " + strconv.Itoa(n)
}

func drawBlocks(s stream, arms *armShares, members []int, units []Unit, size int, arm []int, block []string) {
	if size == 0 {
		arms.complete(s, members, arm)
		return
	}
	// Which units share a block is random as well: a fixed order of names
	// would let the last of a block be foreseen.
	order := slices.Clone(members)
	shuffle(s, order)
	for n := 0; len(order) > 0; n++ {
		part := order[:min(size, len(order))]
		order = order[len(part):]
		list := arms.fill(s, size)
		shuffle(s, list)
		for i, m := range part {
			arm[m] = list[i]
			block[m] = blockName(units[m].Stratum, "block", n+1)
		}
	}
}

// drawWaves spreads the units of every stratum and arm evenly over the waves.
func drawWaves(spec Spec, strata [][]int, arm []int, arms int) []int {
	wave := make([]int, len(arm))
	if spec.Waves <= 1 {
		return wave
	}
	s := newStream(spec.Seed, "waves")
	equal := &armShares{}
	for w := range spec.Waves {
		equal.upto = append(equal.upto, uint64(w+1)*(1<<53)/uint64(spec.Waves))
	}
	for _, members := range strata {
		for k := range arms {
			var same []int
			for _, m := range members {
				if arm[m] == k {
					same = append(same, m)
				}
			}
			list := equal.fill(s, len(same))
			shuffle(s, list)
			for i, m := range same {
				wave[m] = list[i] + 1
			}
		}
	}
	return wave
}

func rerandomise(s stream, spec Spec, arms *armShares, units []Unit, strata [][]int, arm []int, a *Assignment) error {
	white := whiten(units, allOf(units))
	rank := len(white[0])
	if rank == 0 {
		return errors.New("no covariate varies between units")
	}
	threshold := distanceThreshold(spec.Accept, rank)
	tries := spec.MaxDraws
	if tries == 0 {
		tries = int(math.Ceil(100 / spec.Accept))
	}
	for a.Tried = 1; a.Tried <= tries; a.Tried++ {
		for _, members := range strata {
			arms.complete(s, members, arm)
		}
		d := armDistance(white, arm, len(arms.values))
		if d <= threshold {
			a.Distance, a.Threshold = roundDigits(d), threshold
			return nil
		}
	}
	return fmt.Errorf("%w: none of %d; accept a larger share or use fewer covariates", ErrUnbalanced, tries)
}

// distanceThreshold is the Mahalanobis distance that the wanted share of
// draws stays below, by its limiting chi-squared distribution. It is rounded
// to six digits, so that the last bits of library functions, which differ
// between processors, cannot decide.
func distanceThreshold(accept float64, rank int) float64 {
	low, high := 0.0, 1e4
	for range 200 {
		mid := (low + high) / 2
		if 1-stat.ChiSquareTail(mid, float64(rank)) < accept {
			low = mid
		} else {
			high = mid
		}
	}
	return roundDigits(high)
}

func roundDigits(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'e', 5, 64), 64) // its own output parses
	return r
}

func allOf(units []Unit) []int {
	out := make([]int, len(units))
	for i := range out {
		out[i] = i
	}
	return out
}
