package wire

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"roster"
)

// TestParse tells for each fault where it is, by field and byte.
func TestParse(t *testing.T) {
	for _, c := range []struct {
		doc, field string
		position   int
	}{
		{``, "", 1}, {`  `, "", 3}, {"\xef\xbb\xbf{}", "", 1}, {"{\"a\":\"\xff\"}", "", 7}, {`{}x`, "", 3}, {`{"a":1,}`, "", 8}, {`[1,]`, "[1]", 4}, {`{"a" 1}`, "", 6},
		{`{"a":1 "b":2}`, "", 8}, {`{"a":1,"a":2}`, "a", 8}, {`{"a":{"b":[0,tru]}}`, "a.b[1]", 14}, {`"a`, "", 3}, {"\"\n\"", "", 2}, {`"\x"`, "", 2}, {`"\u12g4"`, "", 2},
		{`"\udc00"`, "", 2}, {`"\ud800\u0041"`, "", 2}, {`01`, "", 2}, {`1.`, "", 3}, {`1e`, "", 3}, {`-`, "", 2}, {`+1`, "", 1}, {`.5`, "", 1}, {`NaN`, "", 1}, {`{1:2}`, "", 2}, {`{"a":1`, "", 7}, {`'a'`, "", 1},
	} {
		_, err := Parse([]byte(c.doc))
		e, ok := errors.AsType[*roster.Error](err)
		if !ok || e.Code != roster.CodeInvalid || e.Field != c.field || e.Position != c.position {
			t.Errorf("%q: %+v, want field %q, byte %d", c.doc, err, c.field, c.position)
		}
	}
	for _, doc := range []string{`{}`, ` [ ] `, `null`, `-0.5e+3`, `"\ud83d\ude00\/\b"`, `{"a":[{"b":{}}],"c":true}`, strings.Repeat("[", DepthMax) + "1" + strings.Repeat("]", DepthMax)} {
		if _, err := Parse([]byte(doc)); err != nil {
			t.Errorf("%q: %v", doc, err)
		}
	}
	if _, err := Parse([]byte(strings.Repeat("[", DepthMax+2))); err == nil {
		t.Error("a body may be as deep as it likes")
	}
	many := strings.Repeat(`,"k":1`, 1)
	for i := range 40 { // beyond the few that are compared one by one
		many = `"k` + strings.Repeat("x", i) + `":1,` + strings.TrimPrefix(many, ",")
	}
	if _, err := Parse([]byte("{" + many + "}")); err == nil {
		t.Error("a duplicate among many keys passes")
	}
}

// TestNullIsAbsent wants null to be no value, and to remove in a patch.
func TestNullIsAbsent(t *testing.T) {
	v, err := Parse([]byte(`{"id":"demo/a","capabilities":null,"labels":null,"endpoints":null,"description":null,"metadata":null,"session":null,"on_end":null,"secret":null}`))
	if err != nil {
		t.Fatal(err)
	}
	agent, err := DecodeAgent(v)
	if err != nil || !agent.SameContent(roster.Agent{ID: "demo/a"}.Canonical()) {
		t.Errorf("%+v, %v", agent, err)
	}
	v, err = Parse([]byte(`{"capabilities":null,"labels":null,"metadata":{"a":null,"b":"c"},"description":null,"on_end":null}`))
	if err != nil {
		t.Fatal(err)
	}
	u, err := DecodeUpdate(v)
	if err != nil || u.Capabilities == nil || len(*u.Capabilities) != 0 || !u.Labels.Clear || u.Endpoints != nil || *u.Description != "" || *u.OnEnd != roster.OnEndDeregister {
		t.Errorf("%+v, %v", u, err)
	}
	if want := (roster.MapPatch{Set: roster.Map{{Key: "b", Value: "c"}}, Delete: []string{"a"}}); !reflect.DeepEqual(u.Metadata, want) {
		t.Errorf("metadata %+v, want %+v", u.Metadata, want)
	}
}

func anyMap() *rapid.Generator[roster.Map] {
	return rapid.Map(rapid.MapOfN(rapid.String(), rapid.String(), 0, 4), roster.MapOf)
}

func anyRecord(t *rapid.T) *roster.Record {
	words := rapid.String()
	r := &roster.Record{Agent: roster.Agent{ID: roster.AgentID(words.Draw(t, "id")), Labels: anyMap().Draw(t, "labels"), Metadata: anyMap().Draw(t, "metadata"),
		Description: words.Draw(t, "description"), Session: roster.SessionID(words.Draw(t, "session")), OnEnd: roster.OnEnd(words.Draw(t, "on_end"))},
		Owner: roster.Owner{Kind: roster.OwnerKind(words.Draw(t, "kind")), ID: words.Draw(t, "owner")}, Status: roster.Status(words.Draw(t, "status")),
		Health: roster.Health{State: roster.HealthState(words.Draw(t, "state")), Reason: words.Draw(t, "reason")}, Node: roster.NodeID(words.Draw(t, "node")),
		Epoch: roster.Epoch(rapid.Uint64().Draw(t, "epoch")), Revision: roster.Index(rapid.Uint64().Draw(t, "revision")), Shard: roster.ShardID(rapid.Uint32().Draw(t, "shard")),
		CreatedAt: roster.WallTime(rapid.Int64().Draw(t, "created")), UpdatedAt: roster.WallTime(rapid.Int64().Draw(t, "updated"))}
	for range rapid.IntRange(0, 3).Draw(t, "capabilities") {
		r.Capabilities = append(r.Capabilities, roster.Capability{Name: words.Draw(t, "name"), Version: words.Draw(t, "version"), Attributes: anyMap().Draw(t, "attributes")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "endpoints") {
		r.Endpoints = append(r.Endpoints, roster.Endpoint{Name: words.Draw(t, "name"), URL: words.Draw(t, "url")})
	}
	r.Agent = r.Agent.Canonical()
	return r
}

// TestAppendRecord wants the fast writer to say what encoding/json says.
func TestAppendRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := anyRecord(t)
		slow, err := json.Marshal(r)
		if err != nil {
			t.Skip("a time that JSON cannot say")
		}
		var fromSlow, fromFast roster.Record
		if err := json.Unmarshal(slow, &fromSlow); err != nil {
			t.Fatal(err)
		}
		fast := AppendRecord(nil, r)
		if err := json.Unmarshal(fast, &fromFast); err != nil {
			t.Fatalf("%v in %s", err, fast)
		}
		if !reflect.DeepEqual(fromSlow, fromFast) {
			t.Fatalf("fast %s\nslow %s", fast, slow)
		}
		if _, err := Parse(fast); err != nil {
			t.Fatalf("what is written cannot be read: %v in %s", err, fast)
		}
	})
}

// FuzzParse holds the strict reader to encoding/json: what passes here passes there,
// and says the same; nothing panics.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"id":"demo/a","labels":{"a":"b\u00e9\ud83d\ude00"},"capabilities":[{"name":"x"}]}`, `[1,-2.5e3,true,null]`, `{"a":{"a":[]}}`, `"\\\""`, `{"agents":[{}],"mode":"put"}`,
		`{"ids":["a"]}`, `{"kind":"x","body":{}}`, `{"state":"passing"}`, `{"ttl":"15s"}`, "{\"a\":\"\xff\"}", `{"a":1,"a":2}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		v, err := Parse(doc)
		if err != nil {
			if e, ok := errors.AsType[*roster.Error](err); !ok || e.Position < 1 || e.Position > len(doc)+1 || !utf8.ValidString(e.Error()) {
				t.Fatalf("%q: %#v", doc, err)
			}
			return
		}
		if !json.Valid(doc) {
			t.Fatalf("%q passes", doc)
		}
		if text, err := v.Text(); err == nil {
			var want string
			if json.Unmarshal(doc, &want) != nil || want != text {
				t.Fatalf("%q says %q, not %q", doc, want, text)
			}
		}
		if agent, err := DecodeAgent(v); err == nil {
			var want roster.Agent
			if json.Unmarshal(doc, &want) != nil || !agent.SameContent(want.Canonical()) {
				t.Fatalf("%q is %+v, not %+v", doc, agent, want)
			}
		}
		decodeAll(v)
	})
}

// decodeAll lets every decoder look at v; none may panic.
func decodeAll(v Value) {
	_, _ = DecodeUpdate(v)
	_, _ = DecodeBatch(v)
	_, _ = DecodeIDs[roster.AgentID](v)
	_, _ = DecodeHealth(v)
	_, _ = DecodeSession(v)
	_, _ = DecodeJoin(v)
	_, _ = DecodeLeave(v)
	_, _ = DecodeMigrateStore(v)
	_, _ = DecodeCommand(v)
	_, _ = v.Count()
}

func benchmarkRecord() *roster.Record {
	return &roster.Record{Agent: roster.Agent{ID: "demo/translator-1", Capabilities: []roster.Capability{{Name: "translate", Version: "2", Attributes: roster.Map{{Key: "lang", Value: "de"}}}},
		Labels: roster.Map{{Key: "tier", Value: "gold"}, {Key: "zone", Value: "z1"}}, Endpoints: []roster.Endpoint{{Name: "http", URL: "http://10.0.0.1:8080"}}, Description: "translates"}.Canonical(),
		Status: roster.StatusRegistered, Health: roster.Health{State: roster.Passing}, Revision: 42, Epoch: 40, Shard: 3, CreatedAt: 1e18, UpdatedAt: 1e18}
}

func BenchmarkAppendRecord(b *testing.B) {
	r, buf := benchmarkRecord(), make([]byte, 0, 1<<10)
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendRecord(buf[:0], r)
	}
}

func BenchmarkDecodeAgent(b *testing.B) {
	doc := []byte(`{"id":"demo/translator-1","capabilities":[{"name":"translate","version":"2","attributes":{"lang":"de"}}],"labels":{"tier":"gold","zone":"z1"},"endpoints":[{"name":"http","url":"http://10.0.0.1:8080"}],"description":"translates"}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(doc)))
	for b.Loop() {
		v, err := Parse(doc)
		if err == nil {
			_, err = DecodeAgent(v)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// TestAppendBatch wants what json.Marshal would say.
func TestAppendBatch(t *testing.T) {
	type result struct {
		ID       roster.AgentID `json:"id"`
		Outcome  roster.Outcome `json:"outcome"`
		Revision roster.Index   `json:"revision"`
		Error    *Problem       `json:"error,omitempty"`
	}
	refused := ProblemOf(roster.Errorf(roster.CodeConflict, "taken by \"a\""))
	want := struct {
		Results []result     `json:"results"`
		Token   roster.Token `json:"token"`
	}{[]result{{"demo/a", roster.OutcomeCreated, 7, nil}, {"<\n>", roster.OutcomeRefused, 0, &refused}}, "AQ"}
	got := want
	got.Results, got.Token = nil, ""
	b := AppendBatch(nil, []roster.BatchResult{{ID: "demo/a", Outcome: roster.OutcomeCreated, Revision: 7},
		{ID: "<\n>", Outcome: roster.OutcomeRefused, Err: roster.Errorf(roster.CodeConflict, "taken by \"a\"")}}, "AQ")
	if err := json.Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%s: %+v, %v", b, got, err)
	}
	if b := AppendBatch(nil, nil, ""); string(b) != `{"results":[],"token":""}` {
		t.Errorf("an empty batch is %s", b)
	}
}
