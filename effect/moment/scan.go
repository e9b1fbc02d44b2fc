package moment

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"funn/effect/data"
)

// superRows is the number of source rows handled at a time: large enough that
// the rows of a cluster, once sorted together, are many, and small enough that
// the working arrays of a dozen columns stay within a few tens of MB.
const superRows = 4 * data.BatchRows

// rowsFor returns superRows, or fewer for a table so wide that its working
// arrays would take more than some 100 MB.
func rowsFor(width int) int {
	const wide = 64
	if width <= wide {
		return superRows
	}
	return max(superRows*wide/width/1024, 8) * 1024
}

// DefaultMemory is the limit on the size of the moments when Options gives none.
const DefaultMemory = 1 << 30

// Options governs how a scan is carried out; it never changes the result.
type Options struct {
	// Threads is the number of goroutines that compute; 0 means one a processor.
	Threads int
	// Memory limits the bytes of the moments of one Spec; 0 means DefaultMemory.
	Memory int64
	// Progress, when not nil, is called now and then with the number of rows
	// read so far.
	Progress func(rows int64)
}

func (o Options) threads() int {
	if o.Threads > 0 {
		return o.Threads
	}
	return runtime.GOMAXPROCS(0)
}

func (o Options) memory() int64 {
	if o.Memory > 0 {
		return o.Memory
	}
	return DefaultMemory
}

// Scan reads the source once and returns the moments of each Spec, in order. It
// refuses unknown columns (*data.UnknownColumnError), text where numbers are
// needed (*KindError), infinite numbers (*InfiniteError), negative weights
// (*WeightError), overflow (*RangeError) and moments beyond the memory limit
// (*SizeError). A Spec that no row satisfies gives a Set of 0 rows.
func Scan(ctx context.Context, src data.Source, specs []Spec, opts Options) ([]*Set, error) {
	schema, err := src.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read schema: %w", err)
	}
	var columns []string
	packers := make([]*packer, len(specs))
	shared, width := &buffers{}, 0
	for i := range specs {
		if packers[i], err = newPacker(&specs[i], schema, &columns); err != nil {
			return nil, err
		}
		packers[i].buffers = shared
		width = max(width, packers[i].width())
	}
	sums := make([]*accumulator, len(specs))
	for i, p := range packers {
		sums[i] = newAccumulator(p, opts)
	}
	threads := opts.threads()
	err = scanSuper(ctx, src, columns, rowsFor(width), opts.Progress, func(sb *super) error {
		for i, p := range packers {
			if err := p.pack(sb, threads); err != nil {
				return err
			}
			if err := sums[i].add(threads); err != nil {
				return err
			}
			p.release()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sets := make([]*Set, len(specs))
	for i, a := range sums {
		if sets[i], err = a.finish(); err != nil {
			return nil, err
		}
	}
	return sets, nil
}

// segment is a run of rows of one batch.
type segment struct {
	columns []data.Column
	rows    int
	start   int // first row within the super-block
}

// super is a run of a fixed number of source rows, the last one fewer. Its
// borders do not depend on the source's batches.
type super struct {
	first    int64 // source rows before this one
	rows     int
	segments []segment
	release  []func()
}

func (s *super) free() {
	for _, f := range s.release {
		f()
	}
}

// scanSuper hands the rows of the source to fn in super-blocks of superRows,
// reading ahead by one.
func scanSuper(ctx context.Context, src data.Source, columns []string, superRows int, progress func(int64), fn func(*super) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks := make(chan *super)
	done := make(chan error, 1)
	go func() {
		var failed error
		for sb := range blocks {
			if failed == nil && ctx.Err() == nil {
				if failed = fn(sb); failed != nil {
					cancel(failed)
				} else if progress != nil {
					progress(sb.first + int64(sb.rows))
				}
			}
			sb.free()
		}
		done <- failed
	}()
	cur := &super{}
	emit := func() error {
		select {
		case blocks <- cur:
		case <-ctx.Done():
			cur.free()
			cur = nil
			return context.Cause(ctx)
		}
		cur = &super{first: cur.first + int64(cur.rows)}
		return nil
	}
	err := src.Scan(ctx, columns, func(b data.Batch) error {
		// A batch that is cut goes back to its reader when both parts are done.
		parts := int32(1)
		if over := cur.rows + b.Rows - superRows; over > 0 {
			parts += int32((over + superRows - 1) / superRows)
		}
		release := b.Release
		if parts > 1 {
			var left atomic.Int32
			left.Store(parts)
			release = func() {
				if left.Add(-1) == 0 {
					b.Release()
				}
			}
		}
		for lo := 0; lo < b.Rows || parts > 0; parts-- {
			hi := min(b.Rows, lo+superRows-cur.rows)
			cols := b.Columns
			if lo > 0 || hi < b.Rows {
				cols = make([]data.Column, len(b.Columns))
				for j := range cols {
					cols[j] = b.Columns[j].Slice(lo, hi)
				}
			}
			if hi > lo {
				cur.segments = append(cur.segments, segment{columns: cols, rows: hi - lo, start: cur.rows})
			}
			cur.release = append(cur.release, release)
			cur.rows += hi - lo
			lo = hi
			if cur.rows == superRows {
				if err := emit(); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && cur != nil && cur.rows > 0 {
		err = emit()
	}
	close(blocks)
	if failed := <-done; failed != nil {
		return failed
	}
	if err != nil && errors.Is(err, context.Canceled) {
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
	}
	return err
}

// parallel runs fn for tasks 0 to n-1 on up to threads goroutines. fn gets the
// number of its goroutine for scratch space. The order is unspecified; tasks
// must not depend on it.
func parallel(threads, n int, fn func(worker, task int)) {
	threads = min(threads, n)
	if threads <= 1 {
		for t := range n {
			fn(0, t)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range threads {
		wg.Go(func() {
			for {
				t := int(next.Add(1)) - 1
				if t >= n {
					return
				}
				fn(w, t)
			}
		})
	}
	wg.Wait()
}

// columnIndex returns the position of the named column in columns, adding it.
func columnIndex(columns *[]string, name string) int {
	if i := slices.Index(*columns, name); i >= 0 {
		return i
	}
	*columns = append(*columns, name)
	return len(*columns) - 1
}
