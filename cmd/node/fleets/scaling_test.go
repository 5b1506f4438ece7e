package fleets

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/fleet"
	"roster/scaling"
)

// TestScalingOfAFile: a file says how its fleet follows its load, and what is wrong with that
// is told with its line and field.
func TestScalingOfAFile(t *testing.T) {
	file := strings.Replace(good, "count: 3\n", "count: 3\nscaling:\n  min: 1\n  max: 20\n  busy: 70\n  down: 30s\n", 1)
	all, err := Parse("f.yaml", []byte(file))
	if want := (scaling.Policy{Min: 1, Max: 20, Busy: 70, Down: roster.Duration(30 * time.Second)}); err != nil || all[0].Scaling != want {
		t.Fatalf("%+v, %v", all, err)
	}
	for what, c := range map[string]struct{ from, to, want string }{
		"unknown field": {"busy: 70", "bussy: 70", `f.yaml:7: unknown field "bussy"`},
		"bounds":        {"max: 20", "max: 0", "f.yaml:6: scaling.max: 0 members: want 1 to 10000"},
		"no target":     {"busy: 70", "busy: 0", "f.yaml:5: scaling: nothing is aimed at"},
		"a share":       {"busy: 70", "busy: 170", "f.yaml:7: scaling.busy: 170 %: want 0 to 100"},
		"a pause":       {"down: 30s", "down: 300h", "f.yaml:8: scaling.down: 300h0m0s: want 0 to 24h0m0s"},
	} {
		_, err := Parse("f.yaml", []byte(strings.Replace(file, c.from, c.to, 1)))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v\nwant %s…", what, err, c.want)
		}
	}
}

// TestDiffOfScaling: what a policy says differs, but not the count that follows from it.
func TestDiffOfScaling(t *testing.T) {
	var out bytes.Buffer
	o := Options{Stdout: &out}
	now := fleet.State{Fleet: fleet.Fleet{ID: "demo/crew", Count: 14, Scaling: scaling.Policy{Min: 1, Max: 20, Busy: 70}}}
	next := now.Fleet
	next.Count = 3
	if err := o.differ(next, now, true); err != nil || out.String() != "demo/crew: unchanged\n" {
		t.Errorf("%s, %v", out.String(), err)
	}
	out.Reset()
	next.Scaling.Max = 12
	if err := o.differ(next, now, true); err != nil || !strings.Contains(out.String(), "-   max: 20\n+   max: 12\n") || !strings.Contains(out.String(), "- count: 14\n+ count: 12\n") {
		t.Errorf("%s, %v", out.String(), err)
	}
	out.Reset()
	next.Scaling = scaling.Policy{}
	if err := o.differ(next, now, true); err != nil || !strings.Contains(out.String(), "+ count: 3\n") {
		t.Errorf("%s, %v", out.String(), err)
	}
}

// TestScalingInWords: policy, last decision and its evidence are shown.
func TestScalingInWords(t *testing.T) {
	s := fleet.State{Fleet: fleet.Fleet{ID: "demo/crew", Count: 14, Scaling: scaling.Policy{Min: 1, Max: 20, Busy: 70, Wait: roster.Duration(time.Second)}}}
	if got, want := follows(&s), "\nIt follows its load, 1 to 20: busy 70 %, wait 1s; within 10 % nothing changes, and it shrinks after 1m0s\nNothing was decided yet\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.Scaled = fleet.Scaled{At: roster.WallTime(time.Unix(1e9, 0).UnixNano()), From: 10, To: 14, Reason: "busy 95 % of 10 members, aimed at 70: 14"}
	if got, want := scaledText(s.Scaled), "2001-09-09T01:46:40Z 10 → 14: busy 95 % of 10 members, aimed at 70: 14"; got != want || !strings.Contains(follows(&s), want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := overruled(fleet.Scale{}, &s); !strings.Contains(got, "its next decision replaces this") {
		t.Errorf("%q", got)
	}
	s.Scaling = scaling.Policy{}
	if got := overruled(fleet.Scale{}, &s) + follows(&s); got != "" {
		t.Errorf("%q of a fleet that follows nothing", got)
	}
}
