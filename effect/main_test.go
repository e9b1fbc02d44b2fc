package effect_test

import (
	"flag"

	"funn/effect/data"
)

var update = flag.Bool("update", false, "write the published files anew")

// The main example's size and first row, as the handbook quotes them.
const exampleRows = 4387

var exampleFirst = []string{"kontor 01", "0", "1", "", "34", "mann", "9"}

// release gives a batch back unread.
func release(b data.Batch) error {
	b.Release()
	return nil
}
