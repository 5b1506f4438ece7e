package daemon

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"roster/cmd/node/screen"
)

// settingsBytesMax bounds the file of settings.
const settingsBytesMax = 1 << 20

// fileSetting is a value and where it stands.
type fileSetting struct {
	value  string
	number int // of the line, from 1
}

// readSettings reads a YAML file of settings, by the names of their flags. It
// returns every fault: an unknown key is one, because it is a setting that somebody
// believes to be in force.
func readSettings(name string, known []setting) (map[string]fileSetting, []string) {
	if name == "" {
		return nil, nil
	}
	raw, err := readBounded(name, settingsBytesMax)
	if err != nil {
		return nil, []string{"config: " + err.Error()}
	}
	file, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, []string{fmt.Sprintf("config %s is not YAML: %s", name, strings.TrimSpace(err.Error()))}
	}
	settings := make(map[string]fileSetting)
	var faults []string
	for _, document := range file.Docs {
		entries, ok := mapping(document.Body)
		if !ok {
			return nil, []string{fmt.Sprintf("config %s: want settings as name: value", name)}
		}
		for _, entry := range entries {
			key, line := entry.Key.String(), entry.Key.GetToken().Position.Line
			value, err := scalar(entry.Value)
			flag := strings.ReplaceAll(key, "_", "-")
			switch {
			case !slices.ContainsFunc(known, func(s setting) bool { return s.name == flag }):
				faults = append(faults, fmt.Sprintf("%s line %d: unknown setting %s%s", name, line, screen.Quote(key), suggestSetting(flag, known)))
			case err != nil:
				faults = append(faults, fmt.Sprintf("%s line %d, %s: %v", name, line, key, err))
			default:
				settings[flag] = fileSetting{value, line}
			}
		}
	}
	return settings, faults
}

// suggestSetting names the setting that was most likely meant.
func suggestSetting(flag string, known []setting) string {
	names := make([]string, len(known))
	for i, s := range known {
		names[i] = s.name
	}
	if near := screen.Nearest(flag, names); near != "" {
		return ": did you mean " + strings.ReplaceAll(near, "-", "_") + "?"
	}
	return ""
}

// mapping returns the entries of a document; none when it is empty.
func mapping(body ast.Node) ([]*ast.MappingValueNode, bool) {
	switch node := body.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
		return nil, true
	case *ast.MappingNode:
		return node.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{node}, true
	}
	return nil, false
}

// scalar returns one value as text; a list becomes its items with commas.
func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
		return n.GetToken().Value, nil
	case *ast.NullNode:
		return "", nil
	case *ast.SequenceNode:
		items := make([]string, len(n.Values))
		for i, value := range n.Values {
			item, ok := value.(*ast.StringNode)
			if !ok {
				return "", fmt.Errorf("want a list of words")
			}
			items[i] = item.Value
		}
		return strings.Join(items, ","), nil
	}
	return "", fmt.Errorf("want one value, or a list of words")
}

// readBounded reads a file of at most max bytes.
func readBounded(name string, max int64) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, max+1))
	if err == nil && int64(len(raw)) > max {
		err = fmt.Errorf("%s has more than %d bytes", name, max)
	}
	return raw, err
}
