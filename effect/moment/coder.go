package moment

import (
	"fmt"
	"math"
	"strconv"

	"funn/effect/data"
)

// maxCategories bounds the levels of one category.
const maxCategories = math.MaxInt32

// coder gives the values of one column codes in order of first appearance among
// the rows that are used.
type coder struct {
	column int // position in the scan's columns
	kind   data.Kind

	byDict []uint32 // String: dictionary code -> code+1
	dict   []string
	ints   intIndex          // Int
	floats map[uint64]uint32 // Float, by bits
	bools  [2]uint32         // Bool: code+1

	intValues   []int64
	floatValues []float64
	n           uint32
}

func newCoder(column int, kind data.Kind) *coder {
	return &coder{column: column, kind: kind, floats: map[uint64]uint32{}}
}

// encode writes the codes of the rows of one segment with pos[i] >= 0 to
// dst[pos[i]]; a nil pos stands for all rows in order.
func (c *coder) encode(col *data.Column, rows int, pos []int32, dst []uint32) error {
	place := func(i int) int {
		if pos == nil {
			return i
		}
		return int(pos[i])
	}
	switch c.kind {
	case data.String:
		if len(col.Levels) > len(c.byDict) {
			c.byDict = append(c.byDict, make([]uint32, len(col.Levels)-len(c.byDict))...)
			c.dict = col.Levels
		}
		byDict := c.byDict
		for i, d := range col.Codes[:rows] {
			p := place(i)
			if p < 0 {
				continue
			}
			k := byDict[d]
			if k == 0 {
				c.n++
				k = c.n
				byDict[d] = k
				c.intValues = append(c.intValues, int64(d))
			}
			dst[p] = k - 1
		}
	case data.Int:
		for i, v := range col.Ints[:rows] {
			p := place(i)
			if p < 0 {
				continue
			}
			if d := uint64(v) - uint64(c.ints.base); d < uint64(len(c.ints.dense)) {
				if k := c.ints.dense[d]; k != 0 {
					dst[p] = k - 1
					continue
				}
			}
			k, isNew := c.ints.code(v, c.n)
			if isNew {
				c.intValues = append(c.intValues, v)
				c.n++
			}
			dst[p] = k
		}
	case data.Bool:
		for i, yes := range col.Bools[:rows] {
			p := place(i)
			if p < 0 {
				continue
			}
			v := int64(0)
			if yes {
				v = 1
			}
			if c.bools[v] == 0 {
				c.n++
				c.bools[v] = c.n
				c.intValues = append(c.intValues, v)
			}
			dst[p] = c.bools[v] - 1
		}
	default:
		for i, v := range col.Floats[:rows] {
			p := place(i)
			if p < 0 {
				continue
			}
			v += 0 // -0 and 0 are one level
			k, ok := c.floats[math.Float64bits(v)]
			if !ok {
				k = c.n
				c.floats[math.Float64bits(v)] = k
				c.floatValues = append(c.floatValues, v)
				c.n++
			}
			dst[p] = k
		}
	}
	if c.n > maxCategories {
		return fmt.Errorf("column %q has more than %d different values", col.Name, maxCategories)
	}
	return nil
}

// label returns the text of a level.
func (c *coder) label(code uint32) string {
	switch c.kind {
	case data.String:
		return c.dict[c.intValues[code]]
	case data.Int:
		return strconv.FormatInt(c.intValues[code], 10)
	case data.Bool:
		return strconv.FormatBool(c.intValues[code] == 1)
	default:
		return formatFloat(c.floatValues[code])
	}
}

func formatFloat(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// intIndex maps integers to codes: by a table while the values seen lie in a
// range of at most denseRange, else by a map.
type intIndex struct {
	base   int64
	dense  []uint32 // value-base -> code+1
	sparse map[int64]uint32
}

const denseRange = 1 << 22

// code returns the code of v, which is next when v is new.
func (x *intIndex) code(v int64, next uint32) (uint32, bool) {
	if x.sparse == nil {
		if d := uint64(v) - uint64(x.base); d < uint64(len(x.dense)) {
			if k := x.dense[d]; k != 0 {
				return k - 1, false
			}
			x.dense[d] = next + 1
			return next, true
		}
		if x.widen(v) {
			x.dense[v-x.base] = next + 1
			return next, true
		}
	}
	if k, ok := x.sparse[v]; ok {
		return k, false
	}
	x.sparse[v] = next
	return next, true
}

// widen makes the table cover v, or turns it into a map and reports false when
// the range would grow too large.
func (x *intIndex) widen(v int64) bool {
	lo, hi := x.base, x.base+int64(len(x.dense)) // hi is exclusive
	if len(x.dense) == 0 {
		lo, hi = v, v
	}
	newLo, newHi := min(lo, v), max(hi, v+1)
	span := uint64(newHi) - uint64(newLo)
	if v == math.MaxInt64 || span > denseRange {
		x.sparse = make(map[int64]uint32)
		for i, k := range x.dense {
			if k != 0 {
				x.sparse[x.base+int64(i)] = k - 1
			}
		}
		x.dense = nil
		return false
	}
	// Room on the side that grew, so that a rising id does not copy every time.
	room := int64(min(span/2+64, denseRange-span))
	switch {
	case v < lo && newLo > math.MinInt64+room:
		newLo -= room
	case v >= hi && newHi < math.MaxInt64-room:
		newHi += room
	}
	dense := make([]uint32, newHi-newLo)
	copy(dense[lo-newLo:], x.dense)
	x.base, x.dense = newLo, dense
	return true
}

// crossing combines the codes of two categories into codes of the combinations
// that occur, in order of first appearance.
type crossing struct {
	left, right int // category indexes
	pairs       [][2]uint32

	stride uint32
	dense  []uint32 // left*stride+right -> code+1, while that is small
	sparse map[uint64]uint32
}

const denseCrossing = 1 << 20

// reserve prepares for nl levels on the left and nr on the right.
func (x *crossing) reserve(nl, nr uint32) {
	if x.sparse != nil || (x.stride >= nr && uint32(len(x.dense)) >= nl*x.stride) {
		return
	}
	if uint64(nl)*uint64(nr) > denseCrossing/4 {
		x.sparse = make(map[uint64]uint32, len(x.pairs))
		for code, p := range x.pairs {
			x.sparse[uint64(p[0])<<32|uint64(p[1])] = uint32(code)
		}
		x.dense = nil
		return
	}
	x.stride = 2 * nr
	x.dense = make([]uint32, 2*nl*x.stride)
	for code, p := range x.pairs {
		x.dense[p[0]*x.stride+p[1]] = uint32(code) + 1
	}
}

func (x *crossing) encode(a, b, dst []uint32, nl, nr uint32) {
	x.reserve(nl, nr)
	if x.sparse == nil {
		for i, l := range a {
			slot := &x.dense[l*x.stride+b[i]]
			if *slot == 0 {
				x.pairs = append(x.pairs, [2]uint32{l, b[i]})
				*slot = uint32(len(x.pairs))
			}
			dst[i] = *slot - 1
		}
	} else {
		last, lastCode := ^uint64(0), uint32(0)
		for i := range a {
			k := uint64(a[i])<<32 | uint64(b[i])
			if k != last {
				code, ok := x.sparse[k]
				if !ok {
					code = uint32(len(x.pairs))
					x.sparse[k] = code
					x.pairs = append(x.pairs, [2]uint32{a[i], b[i]})
				}
				last, lastCode = k, code
			}
			dst[i] = lastCode
		}
	}
}
