package effect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// ResultSchemaID identifies the published JSON Schema of result files.
const ResultSchemaID = "urn:funn:effect:result:1"

// ResultSchema is the JSON Schema (draft 2020-12) of result files, written
// from [Result] and the types it is made of.
func ResultSchema() []byte {
	root := schemaOf(reflect.TypeFor[Result]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = ResultSchemaID
	root["title"] = "Funn effect result"
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(root); err != nil {
		panic(fmt.Sprintf("encode result schema: %v", err)) // maps of strings only
	}
	return b.Bytes()
}

func schemaOf(t reflect.Type) map[string]any {
	switch {
	case t == reflect.TypeFor[Number]():
		return map[string]any{"type": []string{"number", "null"}, "description": "null when withheld or when there is none."}
	case t == reflect.TypeFor[time.Time]():
		return map[string]any{"type": "string", "format": "date-time"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		if kind, ok := s["type"].(string); ok {
			s["type"] = []string{kind, "null"}
		}
		return s
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Struct:
		properties := map[string]any{}
		var required []string
		for i := range t.NumField() {
			name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			properties[name] = schemaOf(t.Field(i).Type)
			if options != "omitempty" {
				required = append(required, name)
			}
		}
		return map[string]any{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
	}
	panic(fmt.Sprintf("result schema: no rule for %s", t)) // a test writes the schema
}

// conform checks a value, as encoding/json reads it, against a schema written
// by schemaOf, and names the first thing that does not fit.
func conform(schema map[string]any, v any, path string) error {
	var kinds []string
	switch k := schema["type"].(type) {
	case string:
		kinds = []string{k}
	case []string:
		kinds = k
	}
	is := ""
	switch x := v.(type) {
	case nil:
		is = "null"
	case bool:
		is = "boolean"
	case string:
		is = "string"
	case float64:
		is = "number"
		if x == math.Trunc(x) && slices.Contains(kinds, "integer") {
			is = "integer"
		}
	case []any:
		is = "array"
	case map[string]any:
		is = "object"
	}
	if !slices.Contains(kinds, is) {
		return fmt.Errorf("%s is %s, but must be %s", path, is, strings.Join(kinds, " or "))
	}
	switch x := v.(type) {
	case []any:
		for i, item := range x {
			if err := conform(schema["items"].(map[string]any), item, fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		properties := schema["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(x)) {
			property, known := properties[name].(map[string]any)
			if !known {
				return fmt.Errorf("%s.%s is not a known field", path, name)
			}
			if err := conform(property, x[name], path+"."+name); err != nil {
				return err
			}
		}
		for _, name := range schema["required"].([]string) {
			if _, given := x[name]; !given {
				return fmt.Errorf("%s.%s is missing", path, name)
			}
		}
	}
	return nil
}
