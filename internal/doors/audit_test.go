package doors_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"roster/audit"
	"roster/httpapi/table"
)

// tally counts what audit logs hold.
type tally struct{ begun, ended, denied uint64 }

func (t tally) less(o tally) tally {
	return tally{t.begun - o.begun, t.ended - o.ended, t.denied - o.denied}
}

// add counts what a caller's request should leave in the log of its node.
func (t *tally) add(c caller, r table.Route) {
	switch status := c.status(r.Right); {
	case status == 0 && r.Right.In == table.Cluster && r.Method != http.MethodGet:
		t.begun++
		t.ended++
	case status == 403 && r.Name == "registerAgents" && c.some >= r.Right.Verb:
		t.denied += 2 // items
	case status != 0:
		t.denied++
	}
}

// records returns the lines of all audit logs, whose chains must hold.
func (d *doors) records() (all []audit.Record) {
	d.Helper()
	for i, name := range d.audits {
		if err := d.kepts[i].Begin(audit.Record{Request: "barrier"}); err != nil { // what was there before is written
			d.Fatal(err)
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			d.Fatal(err)
		}
		if _, err := audit.Verify(bytes.NewReader(raw)); err != nil {
			d.Error(err)
		}
		for line := range bytes.Lines(raw) {
			var r audit.Record
			if err := json.Unmarshal(line, &r); err != nil {
				d.Fatal(err)
			}
			if r.Request != "barrier" {
				all = append(all, r)
			}
		}
	}
	return all
}

// kept counts them.
func (d *doors) kept() (t tally) {
	d.Helper()
	for _, r := range d.records() {
		switch r.Event {
		case audit.Begun:
			t.begun++
		case audit.Ended:
			t.ended++
		case audit.Denied, audit.Skipped:
			t.denied += max(1, r.Count)
		}
	}
	return t
}

// TestActsAndRefusalsAreKept: who did what, from where, and how it ended.
func TestActsAndRefusalsAreKept(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "administers", time.Hour, "admin")
		d.issue(0, "writes demo", time.Hour, "write:demo")
		w := d.ask(1, "administers", "POST", "/v1/tokens", `{"name":"n","rules":["read"]}`)
		d.ask(1, "writes demo", "DELETE", "/v1/agents/other/a?read=secretly", "")
		d.ask(1, "none", "GET", "/v1/agents", "")
		d.ask(1, "writes demo", "POST", "/v1/agents:register", `{"agents":[{"id":"demo/q"},{"id":"other/q"}]}`)
		d.ask(1, "administers", "GET", "/v1/tokens", "") // no act, and no refusal
		var got []audit.Record
		for _, r := range d.records() {
			if r.Event != audit.Opened {
				got = append(got, r)
			}
		}
		act := w.Header().Get("Roster-Audit")
		want := []audit.Record{
			{Event: audit.Begun, Principal: d.ids["administers"], Verb: "admin", Resource: "POST /v1/tokens", Request: act},
			{Event: audit.Ended, Principal: d.ids["administers"], Verb: "admin", Resource: "POST /v1/tokens", Request: act, Status: 201},
			{Event: audit.Denied, Principal: d.ids["writes demo"], Verb: "write", Resource: "DELETE /v1/agents/other/a", Status: 403, Code: "Denied"},
			{Event: audit.Denied, Verb: "read", Resource: "GET /v1/agents", Status: 401, Code: "Denied"},
			{Event: audit.Denied, Principal: d.ids["writes demo"], Verb: "write", Resource: "POST /v1/agents:register", Status: 200, Count: 1},
		}
		if len(got) != len(want) || act == "" {
			t.Fatalf("%d lines, want %d: %+v", len(got), len(want), got)
		}
		for i, r := range got {
			if r.Remote == "" || r.Time.IsZero() {
				t.Errorf("line %d tells neither whence nor when: %+v", i, r)
			}
			r.Number, r.Time, r.Remote, r.Prev = 0, time.Time{}, "", ""
			if r != want[i] {
				t.Errorf("line %d: %+v, want %+v", i, r, want[i])
			}
		}
	})
}

// TestNoActWithoutItsLine: where the audit log cannot be written, acts are refused and
// nothing is done, and everything else goes on.
func TestNoActWithoutItsLine(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "administers", time.Hour, "admin")
		if err := d.kepts[0].Close(); err != nil {
			t.Fatal(err)
		}
		if body := d.want(503, 0, "administers", "POST", "/v1/tokens", `{"name":"unseen","rules":["read"]}`); !strings.Contains(body, "nothing was done") {
			t.Error(body)
		}
		d.want(503, 0, "administers", "DELETE", "/v1/tokens/"+d.ids["administers"], "")
		if list := d.want(200, 0, "administers", "GET", "/v1/tokens", ""); strings.Contains(list, "unseen") {
			t.Errorf("it was done: %s", list)
		}
		d.want(200, 0, "administers", "GET", "/v1/agents", "")
		d.want(201, 0, "administers", "POST", "/v1/agents", `{"id":"demo/new"}`)
		d.want(401, 0, "none", "GET", "/v1/agents", "")
		d.want(201, 1, "administers", "POST", "/v1/tokens", `{"name":"seen","rules":["read"]}`)
		if d.log.String() == "" {
			t.Error("the log of the node says nothing of it")
		}
	})
}
