package doors_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/access"
	"roster/httpapi/table"
	"roster/httpapi/wire"
)

// caller is somebody at the door, and by hand what he may do: in namespace demo, in some
// namespace, and in all of them. 0 is nothing; a caller without a good token is a stranger.
type caller struct {
	name             string
	stranger         bool
	demo, some, each access.Verb
}

func callers() []caller {
	return []caller{
		{name: "none", stranger: true}, {name: "malformed", stranger: true}, {name: "unknown", stranger: true},
		{name: "expired", stranger: true}, {name: "revoked", stranger: true},
		{name: "reads demo", demo: access.Read, some: access.Read},
		{name: "writes other", some: access.Write},
		{name: "writes demo", demo: access.Write, some: access.Write},
		{name: "administers demo", demo: access.Admin, some: access.Admin},
		{name: "reads all", demo: access.Read, some: access.Read, each: access.Read},
		{name: "administers", demo: access.Admin, some: access.Admin, each: access.Admin},
	}
}

// status says what the table has for a caller at a route: 401, 403, or 0 for neither.
func (c caller) status(r table.Right) int {
	level := map[table.Where]access.Verb{table.InPath: c.demo, table.InSession: c.demo, table.Named: c.demo, table.Anywhere: c.some, table.Cluster: c.each}[r.In]
	switch {
	case r.In == table.Open:
		return 0
	case c.stranger:
		return 401
	case level < r.Verb:
		return 403
	}
	return 0
}

// bodies has for each kind of body one that names namespace demo.
func bodies() map[table.Body]string {
	return map[table.Body]string{
		table.AgentBody: `{"id":"demo/a","capabilities":[{"name":"plan"}]}`, table.PatchBody: `{"description":"x"}`, table.HealthBody: `{"state":"passing"}`,
		table.LookupBody: `{"ids":["demo/a"]}`, table.RegisterBody: `{"mode":"put","agents":[{"id":"demo/b"},{"id":"demo/c"}]}`,
		table.SessionBody: `{"id":"demo~s","ttl":"1h"}`, table.RenewBody: `{"ids":["demo~s"]}`, table.CommandBody: `{"kind":"deregister","body":{"id":"demo/gone"}}`,
		table.JoinBody: `{"addresses":["10.0.0.1:7500"]}`, table.LeaveBody: `{"force":false}`, table.StoreBody: `{"to":"bolt"}`, table.TokenBody: `{"name":"n","rules":["read:demo"]}`,
		table.FleetBody: `{"count":0,"spec":{"driver":"inproc","entry":"idle"}}`, table.ScaleBody: `{"count":0}`, table.RecallBody: `{}`,
		table.MessageBody: `{"topic":"t"}`, table.MulticastBody: `{"namespaces":["demo"],"message":{"topic":"t"}}`, table.ReceiveBody: `{}`, table.ReplyBody: `{"to":"x"}`,
		table.StateBody: `{"state":"eA=="}`, table.StandingBody: `{"word":"ready","busy":1}`,
		table.KeyBody: `{"act":"use","fingerprint":"0123456789abcdef"}`,
	}
}

func address(r table.Route) string {
	path := strings.NewReplacer("{ns}", "demo", "{name}", "a", "{$}", "").Replace(r.Path)
	if r.Right.In == table.Cluster {
		path = strings.Replace(path, "{id}", "0123456789abcdef", 1)
	}
	path = strings.Replace(path, "{id}", "demo~s", 1)
	if r.Right.In == table.Named && r.Body == table.NoBody {
		path += "?namespace=demo"
	}
	return path
}

// TestEveryRouteAsksWhatItsRowSays sends every route of the table to every node, as every
// kind of caller: who may not is told so, the same everywhere, and who may is not.
func TestEveryRouteAsksWhatItsRowSays(t *testing.T) {
	run(t, func(d *doors) {
		d.issue(0, "expired", roster.TokenTTLMin, "admin")
		for by, rules := range []string{"revoked=admin", "reads demo=read:demo", "writes other=write:other", "writes demo=write:demo", "administers demo=admin:demo", "reads all=read", "administers=admin"} {
			name, rule, _ := strings.Cut(rules, "=")
			d.issue(by%3, name, time.Hour, rule)
		}
		d.want(204, 1, "administers", "DELETE", "/v1/tokens/"+d.ids["revoked"], "")
		d.settle()
		<-time.After(roster.TokenTTLMin) // of virtual time
		d.Await("a token expires everywhere", func() error {
			for i := range d.handlers {
				if w := d.ask(i, "expired", "GET", "/v1/status", ""); w.Code != 401 {
					return fmt.Errorf("node %d answers %d", i, w.Code)
				}
			}
			return nil
		})
		before := d.kept()
		var want tally
		cells := 0
		for _, r := range table.Routes() {
			for _, c := range callers() {
				for i := range d.handlers {
					cells++
					d.cell(i, c, r)
					want.add(c, r)
				}
			}
		}
		if got := d.kept().less(before); got != want {
			t.Errorf("the audit logs hold %+v, want %+v", got, want)
		}
		d.tellsNoSecret()
		t.Logf("%d requests, %d acts, %d refusals", cells, want.ended, want.denied)
	})
}

// cell tries one route with one caller at one node.
func (d *doors) cell(i int, c caller, r table.Route) {
	d.Helper()
	w := d.ask(i, c.name, r.Method, address(r), bodies()[r.Body])
	at := fmt.Sprintf("%s: %s %s (%s, %s) at node %d: %d %.200s", c.name, r.Method, address(r), r.Right.Verb, r.Right.In, i, w.Code, w.Body)
	want := c.status(r.Right)
	alone := (r.Name == "registerAgents" || r.Name == "renewSessions") && want == 403 && c.some >= r.Right.Verb
	switch {
	case w.Code == 500:
		d.Errorf("a fault: %s", at)
	case alone && (w.Code != 200 || !deniedAlone(w.Body.Bytes())):
		d.Errorf("want each item denied: %s", at)
	case alone:
	case want == 0 && (w.Code == 401 || w.Code == 403 || deniedAlone(w.Body.Bytes())):
		d.Errorf("want it let in: %s", at)
	case want != 0 && w.Code != want:
		d.Errorf("want %d: %s", want, at)
	case want != 0:
		var p wire.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != roster.CodeDenied || p.Status != want || p.Detail == "" {
			d.Errorf("want a problem with code Denied: %s", at)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); strings.HasPrefix(challenge, "Bearer") != (want == 401) {
			d.Errorf("challenged by %q: %s", challenge, at)
		}
	}
}

// TestEveryRowHasARight: a route that says nothing of its caller is refused to all, and is
// a mistake.
func TestEveryRowHasARight(t *testing.T) {
	places := map[table.Where]bool{table.Open: true, table.Anywhere: true, table.InPath: true, table.InSession: true, table.Named: true, table.Cluster: true}
	for _, r := range table.Routes() {
		if !places[r.Right.In] || (r.Right.In == table.Open) != (r.Right.Verb == 0) {
			t.Errorf("%s %s asks for %v in %q", r.Method, r.Path, r.Right.Verb, r.Right.In)
		}
		if strings.Contains(r.Path, "{ns}") != (r.Right.In == table.InPath) {
			t.Errorf("%s %s has a namespace in its path and looks for it in %q", r.Method, r.Path, r.Right.In)
		}
		if r.Right.In == table.Open && r.Method != "GET" {
			t.Errorf("%s %s changes something, and is open", r.Method, r.Path)
		}
	}
}
