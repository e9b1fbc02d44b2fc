package moment

// buffers are the working arrays of a scan. Packers take what they need for a
// super-block and give it back when they are done with it, so that many models
// scanned together need no more than the widest.
type buffers struct {
	floats pool[float64]
	codes  pool[uint32]
	packed pool[uint16]
	places pool[int32]
	marks  pool[bool]
}

type pool[T any] struct{ free [][]T }

// take returns a slice of length n with unspecified contents.
func (p *pool[T]) take(n int) []T {
	if last := len(p.free) - 1; last >= 0 {
		s := p.free[last]
		p.free = p.free[:last]
		if cap(s) >= n {
			return s[:n]
		}
	}
	return make([]T, n)
}

// give takes a slice back and clears the reference to it.
func (p *pool[T]) give(s *[]T) {
	if *s != nil {
		p.free = append(p.free, *s)
		*s = nil
	}
}

// take reserves the arrays for the used rows, whose number is now known.
func (p *packer) take() {
	for _, c := range p.cats {
		c.codes = p.buffers.codes.take(p.n)
	}
	for i := range p.nums {
		p.nums[i].values = p.buffers.floats.take(p.n)
	}
	if p.weight >= 0 {
		p.weights = p.buffers.floats.take(p.n)
	}
}

// takePacked reserves the arrays for packed codes, once it is known which there
// will be.
func (p *packer) takePacked() {
	for _, c := range p.cats {
		if p.packsSingle(c) {
			c.packed = p.buffers.packed.take(p.n)
		}
	}
	if p.grouping != nil {
		for i := range p.grouping.groups {
			x := &p.grouping.groups[i]
			x.codes, x.rows = p.buffers.packed.take(p.n), p.buffers.packed.take(p.n)
		}
	}
}

// release gives all arrays back; the packed rows are gone then.
func (p *packer) release() {
	b := p.buffers
	b.marks.give(&p.ok)
	b.places.give(&p.pos)
	p.sortPos = nil
	for _, c := range p.cats {
		b.codes.give(&c.codes)
		b.packed.give(&c.packed)
	}
	for i := range p.nums {
		b.floats.give(&p.nums[i].values)
	}
	b.floats.give(&p.weights)
	if p.grouping != nil {
		for i := range p.grouping.groups {
			x := &p.grouping.groups[i]
			b.packed.give(&x.codes)
			b.packed.give(&x.rows)
		}
	}
}
