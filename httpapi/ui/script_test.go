package ui_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"roster/httpapi/ui"
)

// TestImports wants every module that a script imports to be served beside it, and every
// script to be imported by some other or by the page.
func TestImports(t *testing.T) {
	served, used := map[string]bool{}, map[string]bool{}
	for _, a := range ui.Assets() {
		served[a.Pattern] = true
	}
	for _, a := range ui.Assets() {
		for _, m := range regexp.MustCompile(`(?:from "\./|src="/ui/)([a-z]+\.js)"`).FindAllStringSubmatch(string(a.Body), -1) {
			if used["/ui/"+m[1]] = true; !served["/ui/"+m[1]] {
				t.Errorf("%s imports %s, which is not served", a.Pattern, m[1])
			}
		}
	}
	for path := range served {
		if strings.HasSuffix(path, ".js") && !used[path] {
			t.Errorf("nobody imports %s", path)
		}
	}
}

// TestIDs wants every element that a script asks for by its id to be in the page.
func TestIDs(t *testing.T) {
	var page string
	found := 0
	for _, a := range ui.Assets() {
		if a.Type == "text/html" {
			page = string(a.Body)
		}
	}
	for _, a := range ui.Assets() {
		for _, m := range regexp.MustCompile(`\$\("([a-z-]+)"\)`).FindAllStringSubmatch(string(a.Body), -1) {
			if found++; !strings.Contains(page, `id="`+m[1]+`"`) {
				t.Errorf("%s asks for #%s, which is not there", a.Pattern, m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no script asks for anything: this test looks for the wrong words")
	}
}

// TestRoll runs testdata/roll.mjs on the scripts as they are, and then on scripts with a
// fault in them, which it must find.
func TestRoll(t *testing.T) {
	if out, err := runScript(t, "roll.mjs", "", "", ""); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, fault := range []struct{ file, right, wrong string }{
		{"roll.js", "old.revision >= agent.revision", "false"},
		{"roll.js", "old.revision > revision", "false"},
		{"roll.js", "this.members.size >= membersMax", "false"},
		{"roll.js", "if (group.members.size === 0)", "if (false)"},
		{"roll.js", "a.place - b.place", "(a.id < b.id ? -1 : 1)"},
		{"roll.js", "troubled(m) ? bad : good", "good"},
		{"stream.js", "this.rest = lines.pop()", "lines.pop()"},
	} {
		if out, err := runScript(t, "roll.mjs", fault.file, fault.right, fault.wrong); err == nil || !strings.Contains(string(out), "Assertion") {
			t.Errorf("%s with %q for %q: %v\n%s", fault.file, fault.wrong, fault.right, err, out)
		}
	}
}

// runScript runs a script of testdata beside copies of the page's, in one of which right is
// replaced by wrong. It skips where there is no Node.js.
func runScript(t *testing.T, name, file, right, wrong string) ([]byte, error) {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("Node.js (node) is not installed: the page's scripts are not run")
	}
	script, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string][]byte{name: script, "package.json": []byte(`{"type":"module"}`)}
	for _, a := range ui.Assets() {
		files[filepath.Base(a.Pattern)] = a.Body
	}
	if file != "" {
		if strings.Count(string(files[file]), right) != 1 {
			t.Fatalf("%s does not hold %q once", file, right)
		}
		files[file] = []byte(strings.Replace(string(files[file]), right, wrong, 1))
	}
	for base, body := range files {
		if base == "{$}" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, base), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return exec.CommandContext(t.Context(), node, filepath.Join(dir, name)).CombinedOutput()
}
