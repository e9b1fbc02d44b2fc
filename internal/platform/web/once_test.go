package web

import (
	"context"
	"errors"
	"testing"
)

// Within a request a thing is worked out once for each key and type; what failed is
// tried again; another request and a context without one begin anew.
func TestOnce(t *testing.T) {
	type key struct{}
	worked := 0
	work := func() (int, error) { worked++; return worked, nil }
	ctx := withOnce(t.Context())
	for range 3 {
		if v, err := Once(ctx, key{}, work); v != 1 || err != nil {
			t.Errorf("got %d, %v", v, err)
		}
	}
	for i, ctx := range []context.Context{withOnce(t.Context()), t.Context(), t.Context()} {
		if v, err := Once(ctx, key{}, work); v != i+2 || err != nil {
			t.Errorf("anew: got %d, %v", v, err)
		}
	}
	broken := errors.New("broken")
	if _, err := Once(ctx, "other", func() (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	if v, err := Once(ctx, "other", work); v != 5 || err != nil {
		t.Errorf("after an error: got %d, %v", v, err)
	}
}
