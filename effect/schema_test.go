package effect_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"funn/effect"
	"funn/effect/example"
	"funn/effect/plan"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// publishedSchema compiles a JSON Schema of the handbook.
func publishedSchema(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "docs", "effect", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestFilesFollowThePublishedSchemas holds the examples' plans and results to the
// schemas by a validator that shares nothing with this project.
func TestFilesFollowThePublishedSchemas(t *testing.T) {
	plans, results := publishedSchema(t, "plan.schema.json"), publishedSchema(t, "result.schema.json")
	follows := func(s *jsonschema.Schema, text []byte) error {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(doc)
	}
	for _, e := range example.All() {
		var doc any
		if err := yaml.Unmarshal(e.Plan(), &doc); err != nil {
			t.Fatal(err)
		}
		if err := plans.Validate(doc); err != nil {
			t.Errorf("the plan of %s: %v", e.Name, err)
		}
		p := parsePlan(t, string(e.Plan()))
		if err := follows(plans, p.Canonical()); err != nil {
			t.Errorf("the plan of %s as it is hashed: %v", e.Name, err)
		}
		var b bytes.Buffer
		if err := run(t, p, exampleData(t, e)).Write(&b); err != nil {
			t.Fatal(err)
		}
		if err := follows(results, b.Bytes()); err != nil {
			t.Errorf("the result of %s: %v", e.Name, err)
		}
		for what, wrong := range map[string]string{
			"another type":    strings.Replace(b.String(), `"confidence": 0.95`, `"confidence": "0.95"`, 1),
			"an unknown key":  strings.Replace(b.String(), `"confidence": 0.95`, `"confidence": 0.95, "more": 1`, 1),
			"a key left out":  strings.Replace(b.String(), `"confidence": 0.95,`, "", 1),
			"a wrong element": strings.Replace(b.String(), `"se": `, `"standard_error": `, 1),
		} {
			if follows(results, []byte(wrong)) == nil {
				t.Errorf("%s: the schema accepts %s", e.Name, what)
			}
			if _, err := effect.ReadResult(strings.NewReader(wrong)); err == nil {
				t.Errorf("%s: the reader accepts %s", e.Name, what)
			}
		}
	}
	for _, wrong := range []string{
		"design: rct\ntreatment: t", "design: magic\noutcomes: y\ntreatment: t", "design: rct\noutcome: y\ntreatment: t",
		"design: rct\noutcomes: y\ntreatment: t\nconfidence: 2", "design: rct\noutcomes: y\ntreatment: t\npower: {n: many}",
	} {
		var doc any
		if err := yaml.Unmarshal([]byte(wrong), &doc); err != nil {
			t.Fatal(err)
		}
		if plans.Validate(doc) == nil {
			t.Errorf("the schema accepts the plan\n%s", wrong)
		}
		if _, err := plan.Parse("", []byte(wrong)); err == nil {
			t.Errorf("the parser accepts the plan\n%s", wrong)
		}
	}
}
