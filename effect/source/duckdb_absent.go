//go:build !duckdb

package source

import (
	"context"
	"fmt"
)

// openDuckDB says that this program cannot: DuckDB needs a C compiler, and
// the program must always build without one.
func openDuckDB(context.Context, string, string) (Source, error) {
	return nil, fmt.Errorf("this program was built without DuckDB (build it with -tags duckdb): %w", ErrFormat)
}
