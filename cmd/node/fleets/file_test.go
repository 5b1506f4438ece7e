package fleets

import (
	"strings"
	"testing"

	"roster/fleet"
)

const good = `# Two fleets.
id: demo/crew
count: 3
spec:
  driver: inproc
  entry: idle
  resources: {cpu: 100m, memory: 64MiB}
  env: {B: "2", A: "1"}
  restart: {when: on_failure, within: 30s}
  where:
    filter: labels.zone == "a"
    spread: [{label: zone, skew_max: 1}]
  capabilities:
    - name: wait
      version: "1.0"
---
{"id": "demo/other", "count": 1, "spec": {"driver": "exec", "command": ["sleep", "60"]}}
`

func TestParse(t *testing.T) {
	all, err := Parse("f.yaml", []byte(good))
	if err != nil || len(all) != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	s := all[0].Spec
	if s.Resources.CPU != 100 || s.Resources.Memory != 64<<20 || s.Env[0].Key != "A" || s.Restart.When != fleet.OnFailure || s.Where.Spread[0].SkewMax != 1 || s.Capabilities[0].Version != "1.0" {
		t.Errorf("%+v", s)
	}
	if all[1].Spec.Command[1] != "60" {
		t.Errorf("%+v", all[1])
	}
}

// TestFaults: what is wrong is told with its line and field.
func TestFaults(t *testing.T) {
	for what, c := range map[string]struct{ from, to, want string }{
		"unknown field": {"count: 3", "coutn: 3", `f.yaml:3: unknown field "coutn"`},
		"wrong type":    {"count: 3", "count: many", "f.yaml:3: "},
		"a driver":      {"driver: inproc", "driver: docker", "f.yaml:5: driver: \"docker\": want inproc, exec or remote"},
		"an amount":     {"cpu: 100m", "cpu: lots", "f.yaml:7: "},
		"a rule":        {"when: on_failure", "when: sometimes", "f.yaml:9: restart.when: \"sometimes\""},
		"a probe":       {"  restart:", "  probe: {kind: tcp, every: 2s}\n  restart:", "f.yaml:9: probe: there is no endpoint"},
		"a filter":      {`labels.zone == "a"`, `labels.zone == `, "f.yaml:11: filter: "},
		"an id":         {"id: demo/crew", "id: demo/crew~1", "f.yaml:2: id: "},
		"a twin":        {`"demo/other"`, `"demo/crew"`, "f.yaml:17: id: fleet demo/crew is there twice"},
		"the syntax":    {"env: {B", "env: {B:: [", "f.yaml: "},
	} {
		_, err := Parse("f.yaml", []byte(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s…", what, err, c.want)
		}
	}
	if _, err := Parse("f.yaml", []byte("# nothing\n")); err == nil {
		t.Error("an empty file is taken")
	}
}
