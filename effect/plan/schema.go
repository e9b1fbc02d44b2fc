package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// SchemaID identifies the published JSON Schema of plan files.
const SchemaID = "urn:funn:effect:plan:1"

// Schema is the JSON Schema (draft 2020-12) of plan files, written from the
// same description the parser reads by. Editors use it to complete keys and
// to mark errors; [Parse] also checks the rules between fields.
func Schema() []byte {
	root := schemaOf(planShape())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = SchemaID
	root["title"] = "Funn effect plan"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(fmt.Sprintf("encode plan schema: %v", err)) // maps of strings and numbers only
	}
	return b.Bytes()
}

func schemaOf(s *shape) map[string]any {
	m := map[string]any{}
	switch s.kind {
	case shapeText:
		m["type"] = "string"
		m["minLength"] = 1
	case shapeScalar:
		m["type"] = []string{"string", "number", "boolean"}
	case shapeWord:
		words := slices.Clone(s.words)
		for alias := range s.aliases {
			words = append(words, alias)
		}
		slices.Sort(words[len(s.words):])
		m["enum"] = words
	case shapeInteger, shapeNumber:
		m["type"] = map[shapeKind]string{shapeInteger: "integer", shapeNumber: "number"}[s.kind]
		low, high := "minimum", "maximum"
		if s.open {
			low, high = "exclusiveMinimum", "exclusiveMaximum"
		}
		if !math.IsInf(s.min, 0) {
			m[low] = s.min
		}
		if !math.IsInf(s.max, 0) {
			m[high] = s.max
		}
	case shapeBoolean:
		m["type"] = "boolean"
	case shapeList:
		list := map[string]any{"type": "array", "minItems": 1, "items": schemaOf(s.item)}
		if !s.lone {
			m = list
			break
		}
		m["anyOf"] = []any{list, schemaOf(s.item)}
	case shapeObject:
		properties := map[string]any{}
		var required []string
		for _, f := range s.fields {
			properties[f.name] = schemaOf(f.shape)
			if f.required {
				required = append(required, f.name)
			}
		}
		o := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
		if required != nil {
			o["required"] = required
		}
		if s.short == "" {
			m = o
			break
		}
		m["anyOf"] = []any{o, schemaOf(s.field(s.short).shape)}
	case shapeEither:
		var options []any
		for _, o := range s.options {
			options = append(options, schemaOf(o))
		}
		m["anyOf"] = options
	}
	if s.doc != "" {
		m["description"] = s.doc
	}
	return m
}
