package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shapeKind is what a value in a plan file may be.
type shapeKind int

const (
	shapeText    shapeKind = iota // a non-empty string
	shapeScalar                   // a string, number or boolean, kept as its text
	shapeWord                     // one of a closed list of words
	shapeInteger                  // a whole number within [min, max]
	shapeNumber                   // a finite number within [min, max]
	shapeBoolean
	shapeList
	shapeObject
	shapeEither // one of several shapes, told apart by YAML node kind
)

// shape describes one value of a plan file. The same description reads the
// file, checks it and writes the published JSON Schema, so that the three
// cannot drift apart.
type shape struct {
	kind     shapeKind
	doc      string
	words    []string          // shapeWord: the canonical spellings
	aliases  map[string]string // shapeWord: other accepted spellings, folded
	min, max float64           // shapeInteger, shapeNumber
	open     bool              // shapeNumber: the bounds themselves are refused
	item     *shape            // shapeList
	fields   []field           // shapeObject
	options  []*shape          // shapeEither
	lone     bool              // shapeList: a single item stands for a list of one
	short    string            // shapeObject: a bare scalar stands for this field
	rewrite  func(any) any     // applied to the value once it has been read
}

type field struct {
	name     string
	shape    *shape
	required bool
}

func (s *shape) field(name string) *field {
	for i := range s.fields {
		if s.fields[i].name == name {
			return &s.fields[i]
		}
	}
	return nil
}

// fold makes spellings of a word comparable: case, hyphens and spaces do not
// matter, so "Difference-in-means" is difference_in_means.
func fold(word string) string {
	return strings.Map(func(r rune) rune {
		if r == '-' || r == ' ' {
			return '_'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(word)))
}

// maxDepth bounds nesting; no valid plan is deeper than five levels.
const maxDepth = 16

// reader walks a YAML tree along a shape. It collects every problem instead
// of stopping at the first, and remembers where each field stood so that
// rules checked later can still point to a line.
type reader struct {
	problems []Problem
	at       map[string]position
}

type position struct{ line, column int }

func (r *reader) refuse(n *yaml.Node, path, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		Line: n.Line, Column: n.Column, Field: path, Message: fmt.Sprintf(format, args...),
	})
}

func (r *reader) read(n *yaml.Node, s *shape, path string, depth int) any {
	if _, seen := r.at[path]; !seen {
		r.at[path] = position{n.Line, n.Column}
	}
	switch {
	case depth > maxDepth:
		r.refuse(n, path, "is nested too deeply")
		return nil
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		// Aliases let a short file expand without bound, and hide what was
		// agreed in a plan that people must be able to read top to bottom.
		r.refuse(n, path, "uses a YAML anchor or alias; write the value out")
		return nil
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
		r.refuse(n, path, "has no value; give one or remove the key")
		return nil
	}
	v := r.readKind(n, s, path, depth)
	if v != nil && s.rewrite != nil {
		v = s.rewrite(v)
	}
	return v
}

func (r *reader) readKind(n *yaml.Node, s *shape, path string, depth int) any {
	switch s.kind {
	case shapeText:
		return r.readText(n, path)
	case shapeScalar:
		if n.Kind != yaml.ScalarNode {
			r.refuse(n, path, "must be a single value, not %s", kindName(n))
			return nil
		}
		return n.Value
	case shapeWord:
		return r.readWord(n, s, path)
	case shapeInteger, shapeNumber:
		return r.readNumber(n, s, path)
	case shapeBoolean:
		var b bool
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" || n.Decode(&b) != nil {
			r.refuse(n, path, "must be true or false, not %s", kindName(n))
			return nil
		}
		return b
	case shapeList:
		return r.readList(n, s, path, depth)
	case shapeObject:
		return r.readObject(n, s, path, depth)
	default:
		for _, option := range s.options {
			if accepts(option, n) {
				return r.read(n, option, path, depth+1)
			}
		}
		r.refuse(n, path, "must be %s, not %s", describe(s), kindName(n))
		return nil
	}
}

func (r *reader) readText(n *yaml.Node, path string) any {
	if n.Kind != yaml.ScalarNode {
		r.refuse(n, path, "must be text, not %s", kindName(n))
		return nil
	}
	if tag := n.ShortTag(); tag != "!!str" {
		r.refuse(n, path, "must be text, not %s; put %q in quotes if it is a name", kindName(n), n.Value)
		return nil
	}
	if strings.TrimSpace(n.Value) == "" {
		r.refuse(n, path, "is empty text")
		return nil
	}
	return n.Value
}

func (r *reader) readWord(n *yaml.Node, s *shape, path string) any {
	if n.Kind != yaml.ScalarNode {
		r.refuse(n, path, "must be one of %s, not %s", strings.Join(s.words, ", "), kindName(n))
		return nil
	}
	folded := fold(n.Value)
	for _, word := range s.words {
		if fold(word) == folded {
			return word
		}
	}
	if word, ok := s.aliases[folded]; ok {
		return word
	}
	r.refuse(n, path, "is %q, but must be one of %s", n.Value, strings.Join(s.words, ", "))
	return nil
}

func (r *reader) readNumber(n *yaml.Node, s *shape, path string) any {
	tag := n.ShortTag()
	if n.Kind != yaml.ScalarNode || tag != "!!int" && (tag != "!!float" || s.kind == shapeInteger) {
		r.refuse(n, path, "must be a %s, not %s", numberName(s), kindName(n))
		return nil
	}
	if s.kind == shapeInteger {
		var u uint64
		if n.Decode(&u) == nil && s.min >= 0 && float64(u) <= s.max && float64(u) >= s.min {
			return jsonNumber(strconv.FormatUint(u, 10))
		}
		var i int64
		if n.Decode(&i) != nil || float64(i) < s.min || float64(i) > s.max {
			r.refuse(n, path, "is %s, but must be a %s", n.Value, numberName(s))
			return nil
		}
		return jsonNumber(strconv.FormatInt(i, 10))
	}
	var f float64
	if n.Decode(&f) != nil || math.IsNaN(f) || f < s.min || f > s.max || s.open && (f == s.min || f == s.max) || math.IsInf(f, 0) {
		r.refuse(n, path, "is %s, but must be a %s", n.Value, numberName(s))
		return nil
	}
	return f
}

func (r *reader) readList(n *yaml.Node, s *shape, path string, depth int) any {
	if n.Kind != yaml.SequenceNode {
		if s.lone && accepts(s.item, n) {
			if v := r.read(n, s.item, path, depth+1); v != nil {
				return []any{v}
			}
			return nil
		}
		r.refuse(n, path, "must be %s, not %s", describe(s), kindName(n))
		return nil
	}
	if len(n.Content) == 0 {
		r.refuse(n, path, "is an empty list; give an item or remove the key")
		return nil
	}
	out := make([]any, 0, len(n.Content))
	for i, c := range n.Content {
		if v := r.read(c, s.item, fmt.Sprintf("%s[%d]", path, i), depth+1); v != nil {
			out = append(out, v)
		}
	}
	return out
}

func (r *reader) readObject(n *yaml.Node, s *shape, path string, depth int) any {
	if n.Kind == yaml.ScalarNode && s.short != "" {
		if v := r.read(n, s.field(s.short).shape, path, depth+1); v != nil {
			return map[string]any{s.short: v}
		}
		return nil
	}
	if n.Kind != yaml.MappingNode {
		r.refuse(n, path, "must be %s, not %s", describe(s), kindName(n))
		return nil
	}
	out := make(map[string]any, len(n.Content)/2)
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		child := join(path, key.Value)
		switch f := s.field(key.Value); {
		case key.Kind != yaml.ScalarNode || key.ShortTag() == "!!merge":
			r.refuse(key, path, "has a key that is not a plain name")
		case seen[key.Value]:
			r.refuse(key, child, "is given twice")
		case f == nil:
			r.refuse(key, child, "is not a known key%s", s.suggestion(key.Value))
		default:
			// A rule that fails later should point to the key, not to a
			// value that may stand several lines below it.
			r.at[child] = position{key.Line, key.Column}
			if v := r.read(value, f.shape, child, depth+1); v != nil {
				out[key.Value] = v
			}
		}
		seen[key.Value] = true
	}
	for _, f := range s.fields {
		if f.required && !seen[f.name] {
			r.refuse(n, join(path, f.name), "is missing")
		}
	}
	return out
}

// suggestion names the closest known key, so that a typing error costs one
// look instead of a search through the schema.
func (s *shape) suggestion(key string) string {
	best, bestDistance := "", 3
	for _, f := range s.fields {
		if d := editDistance(fold(key), f.name); d < bestDistance {
			best, bestDistance = f.name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	names := make([]string, len(s.fields))
	for i, f := range s.fields {
		names[i] = f.name
	}
	slices.Sort(names)
	return "; known keys are " + strings.Join(names, ", ")
}

func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// accepts tells whether a node has the outward form of a shape: it picks the
// branch, and the branch's own errors then name what is wrong inside.
func accepts(s *shape, n *yaml.Node) bool {
	switch s.kind {
	case shapeList:
		return n.Kind == yaml.SequenceNode || s.lone && accepts(s.item, n)
	case shapeObject:
		return n.Kind == yaml.MappingNode || s.short != "" && n.Kind == yaml.ScalarNode
	case shapeEither:
		return slices.ContainsFunc(s.options, func(o *shape) bool { return accepts(o, n) })
	default:
		return n.Kind == yaml.ScalarNode
	}
}

func describe(s *shape) string {
	switch s.kind {
	case shapeText:
		return "text"
	case shapeScalar:
		return "a value"
	case shapeWord:
		return "one of " + strings.Join(s.words, ", ")
	case shapeInteger, shapeNumber:
		return "a " + numberName(s)
	case shapeBoolean:
		return "true or false"
	case shapeList:
		if s.lone {
			return describe(s.item) + " or a list"
		}
		return "a list"
	case shapeObject:
		if s.short != "" {
			return describe(s.field(s.short).shape) + " or a mapping"
		}
		return "a mapping with keys"
	default:
		parts := make([]string, len(s.options))
		for i, o := range s.options {
			parts[i] = describe(o)
		}
		return strings.Join(parts, " or ")
	}
}

func numberName(s *shape) string {
	name := "number"
	if s.kind == shapeInteger {
		name = "whole number"
	}
	low, high := !math.IsInf(s.min, -1), !math.IsInf(s.max, 1)
	format := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	switch {
	case low && high && s.open:
		return fmt.Sprintf("%s between %s and %s", name, format(s.min), format(s.max))
	case low && high:
		return fmt.Sprintf("%s from %s to %s", name, format(s.min), format(s.max))
	case low && s.open:
		return fmt.Sprintf("%s above %s", name, format(s.min))
	case low:
		return fmt.Sprintf("%s of at least %s", name, format(s.min))
	}
	return name
}

func kindName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!str":
		return "text"
	case "!!int":
		return "a whole number"
	case "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!timestamp":
		return "a date"
	}
	return "a value of an unknown type"
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
