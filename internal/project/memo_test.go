package project

import (
	"fmt"
	"testing"
	"time"
)

func TestMemo(t *testing.T) {
	t.Parallel()
	var m memo
	if m.get("a", 0) != nil {
		t.Error("an empty memo knows something")
	}
	m.put("a", 5, "one")
	m.put("b", 5, "two")
	if m.get("a", 5) != "one" || m.get("b", 5) != "two" {
		t.Error("what was kept is gone")
	}
	if m.get("a", 6) != nil {
		t.Error("something has happened since, and the old answer is given")
	}
	m.put("c", 4, "late")
	if m.get("c", 4) != nil || m.get("c", 5) != nil || m.get("a", 5) != "one" {
		t.Error("an answer from before the latest event was kept")
	}
	m.put("c", 6, "new")
	if m.get("a", 6) != nil || m.get("a", 5) != nil || m.get("c", 6) != "new" {
		t.Error("answers of two moments are mixed")
	}
	m.at = time.Now().Add(-memoLimit - time.Second)
	if m.get("c", 6) != nil {
		t.Error("an answer is kept beyond the limit")
	}
	for i := range memoSize + 1 {
		m.put(fmt.Sprint(i), 6, i)
	}
	if len(m.kept) != 1 || m.get(fmt.Sprint(memoSize), 6) != memoSize {
		t.Errorf("%d answers are kept", len(m.kept))
	}
}
