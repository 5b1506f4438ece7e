package fleets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"roster"
	"roster/fleet"
	"roster/placement"
)

const (
	// fileBytesMax bounds a file of fleets.
	fileBytesMax = 8 << 20
	// fleetsMax bounds the fleets of a file.
	fleetsMax = 1000
)

// Load reads the fleets of a file; "-" is stdin.
func Load(name string, stdin io.Reader) ([]fleet.Fleet, error) {
	in := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, fileBytesMax+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > fileBytesMax {
		return nil, fmt.Errorf("%s: more than %d bytes", name, fileBytesMax)
	}
	return Parse(name, raw)
}

// Parse reads fleets from the text of a file, which is called name in what it says of it.
func Parse(name string, raw []byte) ([]fleet.Fleet, error) {
	file, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", name, plainFault(err))
	}
	var all []fleet.Fleet
	seen := map[fleet.ID]bool{}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType {
			continue
		}
		f, err := parseOne(name, doc.Body)
		if err != nil {
			return nil, err
		}
		if seen[f.ID] {
			return nil, fmt.Errorf("%s:%d: id: fleet %s is there twice", name, line(doc.Body), f.ID)
		}
		seen[f.ID] = true
		all = append(all, f)
	}
	switch {
	case len(all) == 0:
		return nil, fmt.Errorf("%s: it holds no fleet", name)
	case len(all) > fleetsMax:
		return nil, fmt.Errorf("%s: %d fleets; at most %d", name, len(all), fleetsMax)
	}
	return all, nil
}

func parseOne(name string, body ast.Node) (f fleet.Fleet, err error) {
	err = yaml.NewDecoder(bytes.NewReader(nil), yaml.DisallowUnknownField(), yaml.UseJSONUnmarshaler()).DecodeFromNode(body, &f)
	if err != nil {
		return f, fmt.Errorf("%s:%d: %s", name, faultLine(err, body), plainFault(err))
	}
	err = f.Validate()
	if err == nil {
		need := placement.Need{Driver: f.Spec.Driver, Where: f.Spec.Where}
		err = need.Check()
	}
	if err != nil {
		return f, fmt.Errorf("%s:%d: %w", name, fieldLine(err, body), err)
	}
	return f, nil
}

func line(n ast.Node) int { return n.GetToken().Position.Line }

// faultLine is where the YAML is wrong.
func faultLine(err error, body ast.Node) int {
	if _, ok := errors.AsType[*roster.Error](err); ok {
		return fieldLine(err, body)
	}
	if where, ok := errors.AsType[yaml.Error](err); ok && where.GetToken() != nil {
		return where.GetToken().Position.Line
	}
	return line(body)
}

// plainFault is the fault without its drawing.
func plainFault(err error) string {
	if where, ok := errors.AsType[yaml.Error](err); ok {
		return where.GetMessage()
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}

// fieldLine is the line of the field that a refusal names, that of the document where it
// names none that is there.
func fieldLine(err error, body ast.Node) int {
	refusal, ok := errors.AsType[*roster.Error](err)
	if !ok || refusal.Field == "" {
		return line(body)
	}
	for _, beginning := range []string{"$.", "$.spec.", "$.spec.where.", "$.spec.resources."} {
		path, err := yaml.PathString(beginning + refusal.Field)
		if err != nil {
			continue
		}
		if n, err := path.FilterNode(body); err == nil && n != nil {
			return line(n)
		}
	}
	return line(body)
}
