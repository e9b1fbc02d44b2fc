//go:build gate

package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// accessTests are all that try who sees and does what.
const accessTests = "TestCanaries|TestTwoWorlds|TestDisqualifiedWorlds|TestProposedWorlds|TestWorldsBefore|TestRights|TestReading|TestOtherSites|TestSecurity|TestRouteWithout|TestWhoIs|TestHandling|TestTwoPeople|TestNothingIs|TestAPITells|TestThreadHides|TestFilesAre|TestTasksAre"

// The access tests find what they are for: each leak, planted in a build of its
// own, makes them fail, and without one they pass. A leak is tried alone with
// -run TestPlantedLeaksAreFound/ITS_NAME, in which spaces are underscores.
func TestPlantedLeaksAreFound(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	if len(leaks) < 20 {
		t.Errorf("only %d leaks planted", len(leaks))
	}
	t.Run("none planted", func(t *testing.T) {
		t.Parallel()
		if out, failed := tryLeak(t, root, nil, accessTests); failed {
			t.Errorf("the access tests fail without a leak:\n%s", out)
		}
	})
	for _, l := range leaks {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			if _, failed := tryLeak(t, root, l.edits, l.found); failed {
				t.Logf("found by %s", l.found)
				return
			}
			out, failed := tryLeak(t, root, l.edits, accessTests)
			if !failed {
				t.Fatal("not found")
			}
			t.Logf("found, but not by %s:\n%s", l.found, first(out, 3))
		})
	}
}

// tryLeak builds the tests of this package with the edits and runs those named.
func tryLeak(t *testing.T, root string, edits []edit, tests string) (out string, failed bool) {
	t.Helper()
	dir := t.TempDir()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range leaky(t, root, edits) {
		at := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay.Replace[filepath.Join(root, file)] = at
	}
	list, err := json.Marshal(overlay)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "test")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-vet=off", "-overlay", filepath.Join(dir, "overlay.json"), "-o", binary, "./test")
	build.Dir = root
	if b, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build with %v: %v\n%s", edits, err, b)
	}
	run := exec.CommandContext(t.Context(), binary, "-test.run", "^("+tests+")", "-test.failfast", "-test.timeout", "20m")
	run.Dir = filepath.Join(root, "test")
	if len(edits) > 0 {
		run.Env = append(os.Environ(), "FUNN_FIRST_LEAK=1")
	}
	b, err := run.CombinedOutput()
	if rerr := os.Remove(binary); rerr != nil {
		t.Error(rerr)
	}
	if strings.Contains(string(b), "no tests to run") || strings.Contains(string(b), "panic:") {
		t.Fatalf("%s did not run:\n%s", tests, b)
	}
	return string(b), err != nil
}

// first gives the first lines of a text.
func first(text string, n int) string {
	lines := strings.SplitN(text, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}
