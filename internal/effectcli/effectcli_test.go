package effectcli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"funn/internal/effectcli"

	"github.com/rogpeppe/go-internal/testscript"
)

// day is the clock of every command in the tests.
var day = time.Date(2022, 3, 1, 9, 0, 0, 0, time.UTC)

func env(ctx context.Context, stdout, stderr io.Writer) *effectcli.Env {
	return &effectcli.Env{Context: ctx, Stdout: stdout, Stderr: stderr, Now: func() time.Time { return day }}
}

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"effect": func() {
			os.Exit(effectcli.Main(env(context.Background(), os.Stdout, os.Stderr), os.Args[1:]))
		},
		// status runs a command and checks its exit status: status 2 effect run.
		"status": func() {
			got := effectcli.Main(env(context.Background(), os.Stdout, os.Stderr), os.Args[3:])
			if want := os.Args[1]; string(rune('0'+got)) != want {
				_, _ = io.WriteString(os.Stderr, "exit status is "+string(rune('0'+got))+", not "+want+"\n")
				os.Exit(1)
			}
		},
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"field": field,
		},
	})
}

// field FILE PATH WANT checks a value in a JSON file: field r.json
// estimates.0.term sms.
func field(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: field file path value")
	}
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile(args[0])), &v); err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	for _, key := range strings.Split(args[1], ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i := int(key[0] - '0')
			if len(key) != 1 || i < 0 || i >= len(x) {
				ts.Fatalf("%s has no element %s", args[1], key)
			}
			v = x[i]
		default:
			ts.Fatalf("%s stops at %s", args[1], key)
		}
	}
	got, err := json.Marshal(v)
	ts.Check(err)
	if equal := strings.Trim(string(got), `"`) == args[2]; equal == neg {
		ts.Fatalf("%s in %s is %s", args[1], args[0], got)
	}
}

// TestCancelledRunWritesNothing: Ctrl-C ends the context.
func TestCancelledRunWritesNothing(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if code := effectcli.Main(env(context.Background(), &out, &out), []string{"example", dir}); code != 0 {
		t.Fatal(out.String())
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	result := filepath.Join(dir, "result.json")
	code := effectcli.Main(env(ctx, &stdout, &stderr), []string{"run", filepath.Join(dir, "plan.yaml"), "--data", filepath.Join(dir, "data.csv"), "--out", result})
	if code != 1 || !strings.Contains(stderr.String(), "cancel") {
		t.Errorf("exit %d, %q", code, stderr.String())
	}
	if _, err := os.Stat(result); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a result was written: %v", err)
	}
}

// TestProgressAfterTwoSeconds runs with a clock that is far quicker than the
// work.
func TestProgressAfterTwoSeconds(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if code := effectcli.Main(env(context.Background(), &out, &out), []string{"example", dir}); code != 0 {
		t.Fatal(out.String())
	}
	for name, tick := range map[string]time.Duration{"slow": 3 * time.Second, "quick": time.Microsecond} {
		var stdout, stderr bytes.Buffer
		e := env(context.Background(), &stdout, &stderr)
		now := day
		e.Now = func() time.Time { now = now.Add(tick); return now }
		args := []string{"run", filepath.Join(dir, "plan.yaml"), "--data", filepath.Join(dir, "data.csv"), "--lang", "en"}
		if code := effectcli.Main(e, args); code != 0 {
			t.Fatal(stderr.String())
		}
		told := strings.Contains(stderr.String(), "… scan 1: 4,387 of 4,387 rows (100%)")
		if told != (name == "slow") {
			t.Errorf("%s: progress told = %v:\n%s", name, told, stderr.String())
		}
		if !json.Valid(stdout.Bytes()) {
			t.Errorf("%s: standard output is not the result alone", name)
		}
	}
}

// TestChartsAreFiles: each chart is well-formed by itself and the page holds
// no script and no reference to other places.
func TestChartsAreFiles(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if code := effectcli.Main(env(context.Background(), &out, &out), []string{"example", dir}); code != 0 {
		t.Fatal(out.String())
	}
	page, charts := filepath.Join(dir, "page.html"), filepath.Join(dir, "charts")
	code := effectcli.Main(env(context.Background(), &out, &out), []string{"run", filepath.Join(dir, "plan.yaml"), "--data", filepath.Join(dir, "data.csv"), "--report", page, "--charts", charts})
	if code != 0 {
		t.Fatal(out.String())
	}
	files, err := filepath.Glob(filepath.Join(charts, "*.svg"))
	if err != nil || len(files) != 4 {
		t.Fatalf("charts: %v, %v", files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		dec := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f, err)
			}
		}
		if !bytes.Contains(text, []byte("data:font/woff2;base64,d09GMg")) {
			t.Errorf("%s: the font is not in it", f)
		}
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "http://", "https://", "src=\""} {
		if strings.Contains(strings.ReplaceAll(string(html), "http://www.w3.org/2000/svg", ""), bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if !bytes.Contains(html, []byte("5 flere av 100 kom i jobb; usikkerheten går fra 2 til 9")) {
		t.Error("the page does not tell the finding")
	}
}

// TestHostileNames: names from the data reach page and charts as text.
func TestHostileNames(t *testing.T) {
	dir := t.TempDir()
	const evil = `</style><script>alert(1)</script>`
	plan := "design: rct\ntitle: '" + evil + "'\ntreatment: t\noutcomes: {primary: {name: y, label: {nb: '" + evil + "', en: x}}}\nfactors: '" + evil + "'\nsubgroups: g\n"
	var data strings.Builder
	data.WriteString("t,y,g,\"" + evil + "\"\n")
	for i := range 200 {
		data.WriteString(strings.Join([]string{string(rune('0' + i%2)), string(rune('0' + (i*i)%7)), `"` + evil + string(rune('a'+(i/2)%2)) + `"`, string(rune('a' + (i/3)%2))}, ",") + "\n")
	}
	for name, text := range map[string]string{"plan.yaml": plan, "data.csv": data.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	page := filepath.Join(dir, "page.html")
	if code := effectcli.Main(env(context.Background(), &out, &out), []string{"run", filepath.Join(dir, "plan.yaml"), "--data", filepath.Join(dir, "data.csv"), "--report", page, "--charts", dir}); code != 0 {
		t.Fatal(out.String())
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, page) {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(text, []byte("<script")) {
			t.Errorf("%s holds a script", f)
		}
	}
}
