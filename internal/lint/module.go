package lint

import (
	"encoding/json"
	"fmt"
	"os/exec"
)

// module is what "go mod edit -json" says of a go.mod.
type module struct {
	Module  struct{ Path string }
	Require []struct{ Path, Version string }
	Replace []struct{ Old struct{ Path string } }
	Exclude []struct{ Path, Version string }
}

// wanted are the versions that build together without a replace: newer ones of raft
// and memberlist select go-metrics v0.7.0, which breaks this raft-boltdb.
var wanted = []struct{ path, version string }{
	{"github.com/hashicorp/raft", "v1.7.3"},
	{"github.com/hashicorp/memberlist", "v0.6.0"},
	{"github.com/hashicorp/raft-boltdb/v2", "v2.3.1"},
	{"github.com/hashicorp/go-metrics", "v0.6.0"},
}

// readModule reads dir's go.mod. Since Go 1.17 it lists every module that the build
// selects, so its lines are the selected versions.
func readModule(dir string) (module, error) {
	var m module
	cmd := exec.Command("go", "mod", "edit", "-json")
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		return m, fmt.Errorf("lint: go mod edit: %w", err)
	}
	return m, json.Unmarshal(out, &m)
}

func (m module) paths() []string {
	var out []string
	for _, r := range m.Require {
		out = append(out, r.Path)
	}
	return out
}

// checkModule reports what must not stand in go.mod: "go install" of a module with a
// replace or exclude is refused.
func (t *Tree) checkModule() []Finding {
	m, err := readModule(t.Dir)
	if err != nil {
		return []Finding{moduleFinding("go.mod", err.Error())}
	}
	var out []Finding
	for _, r := range m.Replace {
		out = append(out, moduleFinding(r.Old.Path, "replaces "+r.Old.Path))
	}
	for _, x := range m.Exclude {
		out = append(out, moduleFinding(x.Path, "excludes "+x.Path))
	}
	for _, want := range wanted {
		got := ""
		for _, r := range m.Require {
			if r.Path == want.path {
				got = r.Version
			}
		}
		if got != want.version {
			out = append(out, moduleFinding(want.path, fmt.Sprintf("selects %s %q; want %s", want.path, got, want.version)))
		}
	}
	return out
}

func moduleFinding(where, text string) Finding {
	return Finding{Rule: RuleModule, Where: where, Size: 1, File: "go.mod", Text: text}
}
