//go:build gate

package effectcli_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestPagesInR follows every page with what it has for R and Python, and holds
// that R finds what Funn found, to the digits that R prints. It needs R with
// estimatr, clubSandwich, AER and jsonlite (Debian: r-cran-…), and Python 3.
func TestPagesInR(t *testing.T) {
	for _, p := range handbookPages(t) {
		t.Run(p.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			results := 0
			for _, s := range p.steps {
				switch {
				case s.skip:
				case s.lang == "r":
					// Blocks of a page build on each other's files only, as they
					// would after a break.
					out := program(t, "Rscript", "-e", "options(digits = 9, width = 200); "+s.text)
					if strings.Contains(p.text, "## Check it in R") {
						results++
						for what, v := range latest(t) {
							if !printed(out, v) {
								t.Errorf("R does not print the %s %g:\n%s", what, v, out)
							}
						}
					}
				case s.lang == "python":
					program(t, "python3", "-c", s.text)
				case s.lang == "result":
					results++
					got := latest(t)
					var estimate, se string
					if _, err := fmt.Sscanf(strings.ReplaceAll(s.text, ",", " ,"), "estimate %s , standard error %s", &estimate, &se); err != nil {
						t.Fatalf("%q: %v", s.text, err)
					}
					if !printed(estimate, got["estimate"]) || !printed(se, got["standard error"]) {
						t.Errorf("the page says %s (%s), the result %g (%g)", estimate, se, got["estimate"], got["standard error"])
					}
				case s.lang == "sh":
					for line := range strings.Lines(s.text) {
						line, _, _ = strings.Cut(line, "#")
						if line = strings.TrimSpace(line); line == "" {
							continue
						}
						if strings.Contains(line, " run ") && !strings.Contains(line, "--out") {
							line += " --out result.json"
						}
						command(t, line)
						if _, file, ok := strings.Cut(line, "--out "); ok && strings.Contains(line, " run ") {
							lastResult, _, _ = strings.Cut(file, " ")
						}
					}
				default:
					s.follow(t)
				}
			}
			if want := strings.Count(p.text, "## Check it in R") + strings.Count(p.text, "```result"); results != want {
				t.Errorf("%d results were compared, want %d", results, want)
			}
		})
	}
}

// lastResult is the file that the last run of the page wrote.
var lastResult string

func program(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// latest is the first estimate of the last result.
func latest(t *testing.T) map[string]float64 {
	t.Helper()
	text, err := os.ReadFile(lastResult)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Estimates []struct{ Estimate, SE float64 }
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return map[string]float64{"estimate": r.Estimates[0].Estimate, "standard error": r.Estimates[0].SE}
}

var number = regexp.MustCompile(`-?\d+\.\d+(?:e[-+]\d+)?`)

// printed tells whether a text has the number, rounded to at least two digits.
func printed(text string, v float64) bool {
	for _, n := range number.FindAllString(text, -1) {
		got, err := strconv.ParseFloat(n, 64)
		if err != nil {
			continue
		}
		mantissa, _, _ := strings.Cut(n, "e")
		_, decimals, _ := strings.Cut(mantissa, ".")
		unit := math.Pow(10, -float64(len(decimals)))
		if mantissa != n {
			unit *= math.Abs(got) / math.Abs(must(strconv.ParseFloat(mantissa, 64)))
		}
		if len(strings.TrimLeft(strings.ReplaceAll(mantissa, ".", ""), "-0")) >= 2 && math.Abs(got-v) <= 0.51*unit {
			return true
		}
	}
	return false
}

func must(v float64, err error) float64 {
	if err != nil {
		panic(err)
	}
	return v
}
