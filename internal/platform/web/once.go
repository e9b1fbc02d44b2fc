package web

import (
	"context"
	"sync"
)

type onceKey struct{}

// once keeps what was worked out for a request.
type once struct {
	mu   sync.Mutex
	kept map[any]any
}

// withOnce gives the context of a request, in which Once remembers.
func withOnce(ctx context.Context) context.Context {
	return context.WithValue(ctx, onceKey{}, &once{kept: map[any]any{}})
}

// Once gives what work gives, worked out once for each request and key: a list
// asks for the same thing for each of its rows. Outside a request it is worked out
// each time, and what failed is tried again. The key is of a type of its own, as
// that of a context's value.
func Once[T any](ctx context.Context, key any, work func() (T, error)) (T, error) {
	o, ok := ctx.Value(onceKey{}).(*once)
	if !ok {
		return work()
	}
	o.mu.Lock()
	kept, known := o.kept[key].(T)
	o.mu.Unlock()
	if known {
		return kept, nil
	}
	v, err := work()
	if err == nil {
		o.mu.Lock()
		o.kept[key] = v
		o.mu.Unlock()
	}
	return v, err
}
