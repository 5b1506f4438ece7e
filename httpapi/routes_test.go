package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"roster"
	"roster/httpapi/ready"
	"roster/httpapi/table"
	"roster/httpapi/wire"
)

const one = "/v1/agents/demo/a"

func TestAgentRoutes(t *testing.T) {
	f := newFixture(t)
	created := f.want(201, post, "/v1/agents", agentJSON("demo/a"))
	agent := decode[roster.Record](f, created)
	tag := created.Header.Get("ETag")
	if created.Header.Get("Location") != one || tag != wire.ETag(agent.Revision) || created.Header.Get("Roster-Token") == "" || created.Header.Get("Roster-Shard") != agent.Shard.String() {
		t.Errorf("created with %v", created.Header)
	}
	f.want(409, post, "/v1/agents", agentJSON("demo/a"))
	f.want(200, get, one, "")
	f.want(304, get, one, "", table.IfNoneMatch, tag)
	f.want(304, get, one, "", table.IfNoneMatch, `"1234", W/`+tag)
	f.want(200, get, one, "", table.IfNoneMatch, `"1234"`)
	if head := f.want(200, http.MethodHead, one, ""); len(head.body) != 0 || head.Header.Get("ETag") != tag {
		t.Errorf("HEAD: %v %s", head.Header, head.body)
	}
	if same := decode[roster.Record](f, f.want(200, put, one, agentJSON("demo/a"))); same.Revision != agent.Revision {
		t.Errorf("unchanged, but revision %d after %d", same.Revision, agent.Revision)
	}
	f.want(412, put, one, agentJSON("demo/a"), table.IfNoneMatch, "*")
	f.want(201, put, "/v1/agents/demo/b", `{"description":"the path names it"}`, table.IfNoneMatch, "*")
	f.want(412, put, one, `{}`, table.IfMatch, `"999999"`)
	f.want(200, put, one, `{"description":"new"}`, table.IfMatch, tag)
	patched := decode[roster.Record](f, f.want(200, patch, one, `{"labels":{"a":"1","b":null},"description":null}`, "Content-Type", "application/merge-patch+json"))
	if v, _ := patched.Labels.Get("a"); v != "1" || patched.Description != "" {
		t.Errorf("patched to %+v", patched.Agent)
	}
	f.want(412, patch, one, `{}`, table.IfMatch, tag)
	sick := decode[roster.Record](f, f.want(200, post, one+"/health", `{"state":"critical","reason":"tired"}`))
	if sick.Health.State != roster.Critical {
		t.Errorf("health %+v", sick.Health)
	}
	f.want(412, remove, one, "", table.IfMatch, tag)
	f.want(204, remove, one, "")
	f.want(404, remove, one, "")
	f.want(404, patch, one, `{}`)
	f.want(404, post, one+"/health", `{"state":"passing"}`)
	missing := f.want(404, get, one, "")
	if p := f.problem(missing); p.Index == 0 || missing.Header.Get("Roster-Token") == "" {
		t.Errorf("not found at no index: %+v", p)
	}
}

func TestLists(t *testing.T) {
	f := newFixture(t)
	f.want(201, post, "/v1/agents", agentJSON("demo/a"))
	f.want(201, post, "/v1/agents", agentJSON("demo/b"))
	last := f.want(200, post, "/v1/agents/demo/b/health", `{"state":"critical"}`)
	token := last.Header.Get("Roster-Token")
	for path, want := range map[string]string{
		"/v1/agents":      "demo/a demo/b",
		"/v1/agents:find": "demo/a",
		"/v1/agents?capability=translate&label=tier%3Dgold": "demo/a demo/b",
		"/v1/agents:find?health=critical":                   "demo/b",
		"/v1/agents?health=passing&namespace=demo":          "demo/a",
		"/v1/agents?label=tier=tin":                         "",
		"/v1/agents?text=translat&after=" + token:           "demo/a demo/b",
		"/v1/agents?filter=" + "id%20%3D%3D%20%22demo/b%22": "demo/b",
		"/v1/agents?read=linearizable&max_age=500ms":        "demo/a demo/b",
	} {
		got := f.want(200, get, path, "")
		page := decode[roster.Page](f, got)
		var ids []string
		for _, a := range page.Agents {
			ids = append(ids, string(a.ID))
		}
		if strings.Join(ids, " ") != want || page.Agents == nil || page.Cursor != "" || got.Header.Get("Roster-Token") != string(page.Token) || got.Header.Get("Roster-Age-Ms") == "" {
			t.Errorf("%s: %q, want %q: %s", path, ids, want, got.body)
		}
	}
	first := decode[roster.Page](f, f.want(200, get, "/v1/agents?limit=1&explain", ""))
	if len(first.Agents) != 1 || first.Cursor == "" || len(first.Plan) == 0 {
		t.Fatalf("first page %+v", first)
	}
	second := decode[roster.Page](f, f.want(200, get, "/v1/agents?limit=1&cursor="+string(first.Cursor), ""))
	if len(second.Agents) != 1 || second.Agents[0].ID != "demo/b" || second.Plan != nil {
		t.Errorf("second page %+v", second)
	}
	f.want(400, get, "/v1/agents?namespace=demo&limit=1&cursor="+string(first.Cursor), "")
}

func TestBatchRoutes(t *testing.T) {
	f := newFixture(t)
	body := `{"agents":[` + agentJSON("demo/a") + `,{"id":"demo/b","surprise":1},{"id":"No"},{"id":7},{"id":"demo/c"}]}`
	answer := decode[batchAnswer](f, f.want(200, post, "/v1/agents:register", body, "Idempotency-Key", "k"))
	want := []roster.Outcome{roster.OutcomeCreated, roster.OutcomeRefused, roster.OutcomeRefused, roster.OutcomeRefused, roster.OutcomeCreated}
	fields := []string{"", "surprise", "id", "id", ""}
	for i, r := range answer.Results {
		if r.Outcome != want[i] || (r.Error != nil) != (want[i] == roster.OutcomeRefused) || (r.Error != nil && r.Error.Field != fields[i]) {
			t.Errorf("item %d: %+v, %+v", i, r, r.Error)
		}
	}
	again := decode[batchAnswer](f, f.want(200, post, "/v1/agents:register", body, "Idempotency-Key", "k"))
	if again.Results[4].Outcome != roster.OutcomeCreated || again.Results[4].Revision != answer.Results[4].Revision {
		t.Errorf("again: %+v, at first %+v", again.Results[4], answer.Results[4])
	}
	looked := decode[lookups](f, f.want(200, post, "/v1/agents:lookup", `{"ids":["demo/c","demo/b","demo/a"]}`, "Roster-Token", string(answer.Token)))
	if len(looked.Results) != 3 || looked.Results[0].Agent == nil || looked.Results[1].Agent != nil || looked.Results[2].ID != "demo/a" || looked.Token == "" {
		t.Errorf("looked up %+v", looked)
	}
	many := `{"agents":[` + strings.TrimSuffix(strings.Repeat(`{"id":"demo/x"},`, roster.BatchMax+1), ",") + `]}`
	f.want(413, post, "/v1/agents:register", many)
	f.want(413, post, "/v1/agents:lookup", strings.ReplaceAll(strings.ReplaceAll(many, `{"id":"demo/x"}`, `"demo/x"`), "agents", "ids"))
}

func TestSessionRoutes(t *testing.T) {
	f := newFixture(t)
	opened := f.want(201, post, "/v1/sessions", `{"ttl":"15s"}`, "Idempotency-Key", "once")
	session := decode[roster.Session](f, opened)
	path := "/v1/sessions/" + string(session.ID)
	if opened.Header.Get("Location") != path || !strings.Contains(string(opened.body), `"ttl":"15s"`) || session.Generation == 0 {
		t.Errorf("opened %s", opened.body)
	}
	if again := decode[roster.Session](f, f.want(201, post, "/v1/sessions", `{"ttl":"15s"}`, "Idempotency-Key", "once")); again.ID != session.ID || again.Generation != session.Generation {
		t.Errorf("a retry opened %+v beside %+v", again, session)
	}
	if other := decode[roster.Session](f, f.want(201, post, "/v1/sessions", `{}`)); other.ID == session.ID || other.ID == "" {
		t.Errorf("another session is %+v", other)
	}
	f.want(409, post, "/v1/sessions", `{"id":"`+string(session.ID)+`"}`)
	f.want(200, get, path, "")
	f.want(204, post, path+"/renew", "")
	renewals := decode[renewAnswer](f, f.want(200, post, "/v1/sessions:renew", `{"ids":["`+string(session.ID)+`","nobody"]}`))
	if renewals.Results[0].Error != nil || renewals.Results[1].Error == nil || renewals.Results[1].Error.Code != roster.CodeNotFound {
		t.Errorf("renewed %+v", renewals)
	}
	f.want(204, remove, path, "")
	for _, gone := range []struct{ method, path string }{{get, path}, {post, path + "/renew"}, {get, path + "/hold"}} {
		f.want(410, gone.method, gone.path, "")
	}
	f.want(404, get, "/v1/sessions/nobody", "")
	f.want(404, get, "/v1/sessions/nobody/hold", "")
	f.want(404, remove, "/v1/sessions/nobody", "")
}

func TestCommands(t *testing.T) {
	f := newFixture(t)
	got := decode[commandResult](f, f.want(200, post, "/v1/commands", `{"kind":"register","body":{"agent":`+agentJSON("demo/a")+`,"mode":"create"}}`))
	if got.Index == 0 || got.Token == "" || !strings.Contains(string(got.Value), `"outcome":"created"`) {
		t.Errorf("command came to %+v %s", got, got.Value)
	}
	if got := decode[commandResult](f, f.want(200, post, "/v1/commands", `{"kind":"open_session","body":{"id":"s","ttl":"5s"}}`)); !strings.Contains(string(got.Value), `"id":"s"`) {
		t.Errorf("session came to %s", got.Value)
	}
	f.want(403, post, "/v1/commands", `{"kind":"tick","body":{"shard":1}}`)
	f.want(400, post, "/v1/commands", `{"kind":"dance","body":{}}`)
	f.want(400, post, "/v1/commands", `{"kind":"deregister","body":{"id":"demo/a","surprise":1}}`)
	f.want(404, post, "/v1/commands", `{"kind":"deregister","body":{"id":"demo/nobody"}}`)
	bare := &fixture{T: t, server: f.server}
	f.api.options.Decode = nil
	bare.want(422, post, "/v1/commands", `{"kind":"tick","body":{}}`)
}

func TestClusterRoutes(t *testing.T) {
	f := newFixture(t)
	if m := decode[wire.MemberList](f, f.want(200, get, "/v1/members", "")); len(m.Members) != 1 {
		t.Errorf("members %+v", m)
	}
	if s := decode[wire.ShardList](f, f.want(200, get, "/v1/shards", "")); len(s.Shards) != 3 {
		t.Errorf("shards %+v", s)
	}
	if s := decode[roster.NodeStatus](f, f.want(200, get, "/v1/status", "")); s.Node != "memory-00000000" || !s.Insecure {
		t.Errorf("status %+v", s)
	}
	f.want(503, post, "/v1/join", `{"addresses":["10.0.0.1:7500"]}`)
	f.want(400, post, "/v1/join", `{"addresses":[]}`)
	f.want(422, post, "/v1/leave", `{"force":false}`)
	f.want(422, post, "/v1/nodes/memory-00000000/drain", "")
	f.want(204, post, "/v1/nodes/memory-00000000/undrain", "")
	f.want(404, post, "/v1/nodes/n9-00000000/drain", "")
	f.want(422, post, "/v1/nodes/memory-00000000/force-leave", "")
	f.want(422, post, "/v1/nodes/memory-00000000/prune", "")
	f.want(404, post, "/v1/nodes/n9-00000000/prune", "")
	f.want(204, post, "/v1/rebalance", `{"readers":"2","spread":"rack"}`)
	f.want(400, post, "/v1/rebalance", `{"readers":"some"}`)
	f.want(204, post, "/v1/rebalance", `{"paused":true}`)
	f.want(200, get, "/v1/rebalance", "")
	f.want(400, post, "/v1/rebalance", `{}`)
	f.want(422, post, "/v1/migrate-store", `{"to":"shared"}`)
	f.want(400, post, "/v1/migrate-store", `{"to":"tape"}`)
	f.want(400, post, "/v1/migrate-store", `{}`)
	f.want(200, get, "/livez", "")
	if r := decode[ready.Answer](f, f.want(200, get, "/readyz", "")); !r.Ready || r.Checks != nil {
		t.Errorf("ready %+v", r)
	}
	f.want(202, post, "/v1/leave", `{"force":true}`)
	f.want(503, get, "/readyz", "")
	if p := decode[wire.Problem](f, f.want(503, get, "/readyz?verbose", "")); len(p.Checks) != 1 || p.Checks[0].OK {
		t.Errorf("not ready: %+v", p)
	}
	if told := f.send(get, "/readyz?verbose", "", "Accept", "*/*"); told.StatusCode != 503 || !strings.HasPrefix(told.Header.Get("Content-Type"), "text/plain") || !strings.Contains(string(told.body), "[-] ") {
		t.Errorf("to people: %d %s", told.StatusCode, told.body)
	}
	f.want(503, get, "/readyz?verbose", "", "Accept", "application/json")
	metrics := string(f.want(200, get, "/metrics", "").body)
	for _, line := range []string{`roster_http_requests_total{code="202",route="leave"} 1`, `roster_http_request_duration_seconds_count{route="ready"} 5`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("/metrics lacks %s", line)
		}
	}
}

func TestRequestsRunOnce(t *testing.T) {
	f := newFixture(t)
	for _, headers := range [][]string{{"Idempotency-Key", "a key"}, {"Roster-Request", "c0ffee/7/6"}} {
		id := "demo/" + strings.ToLower(headers[0])
		first := decode[roster.Record](f, f.want(201, post, "/v1/agents", agentJSON(id), headers...))
		again := decode[roster.Record](f, f.want(201, post, "/v1/agents", agentJSON(id), headers...))
		if first.Revision != again.Revision {
			t.Errorf("%s ran twice: %d, %d", headers[0], first.Revision, again.Revision)
		}
	}
	// The members of a fleet share a shard, where the key is known already.
	f.want(201, post, "/v1/agents", `{"id":"demo/fleet~1"}`, "Idempotency-Key", "reused")
	f.want(409, post, "/v1/agents", `{"id":"demo/fleet~2"}`, "Idempotency-Key", "reused")
}

// TestTokens wants a write's answer to carry what the caller had seen before.
func TestTokens(t *testing.T) {
	f := newFixture(t)
	token := ""
	seen := map[string]bool{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		got := f.want(201, post, "/v1/agents", `{"id":"demo/`+name+`"}`, "Roster-Token", token)
		token = got.Header.Get("Roster-Token")
		seen[got.Header.Get("Roster-Shard")] = true
	}
	p, err := roster.ParsePosition(token)
	if err != nil || len(p.At) != len(seen) || len(seen) < 2 {
		t.Errorf("the last token holds %+v (%v), the writes went to %v", p, err, seen)
	}
}
