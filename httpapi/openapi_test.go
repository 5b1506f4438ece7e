package httpapi

import (
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"roster"
	"roster/fleet"
	"roster/httpapi/ready"
	"roster/httpapi/table"
	"roster/httpapi/wing"
	"roster/httpapi/wire"
	"roster/mailbox"
	"roster/placement"
	"roster/scaling"
)

// document is what the tests read of the OpenAPI document.
type document struct {
	Paths map[string]map[string]struct {
		ID      string `json:"operationId"`
		Summary string `json:"summary"`
	} `json:"paths"`
	Components json.RawMessage `json:"components"`
}

func componentsOf(t *testing.T) json.RawMessage {
	t.Helper()
	var d document
	if err := json.Unmarshal(table.OpenAPI(table.Routes(), ""), &d); err != nil {
		t.Fatal(err)
	}
	return d.Components
}

// TestHandlers wants a handler for every route, and none for nothing.
func TestHandlers(t *testing.T) {
	served := handlers()
	for _, r := range table.Routes() {
		if served[r.Name] == nil {
			t.Errorf("nobody serves %s", r.Name)
		}
		delete(served, r.Name)
	}
	for name := range served {
		t.Errorf("%s is in no row", name)
	}
}

// TestOpenAPI walks the table and the document beside one another.
func TestOpenAPI(t *testing.T) {
	f := newFixture(t)
	doc := decode[document](f, f.want(200, get, "/openapi.json", ""))
	operations, ids := 0, map[string]bool{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			operations++
			if ids[op.ID] || op.ID == "" || op.Summary == "" {
				t.Errorf("%s %s: operation id %q, summary %q", method, path, op.ID, op.Summary)
			}
			ids[op.ID] = true
			r := &http.Request{Method: strings.ToUpper(method), Host: "localhost"}
			r.URL = mustURL(t, strings.NewReplacer("{ns}", "a", "{name}", "b", "{id}", "c").Replace(path))
			if _, pattern := f.api.mux.Handler(r); !strings.HasPrefix(pattern, r.Method+" ") {
				t.Errorf("the document has %s %s, the mux leads it to %q", method, path, pattern)
			}
		}
	}
	if rows := table.Routes(); operations != len(rows) {
		t.Errorf("%d operations for %d routes", operations, len(rows))
	}
}

// TestOpenAPIDocument lets another reader of the format judge the document.
func TestOpenAPIDocument(t *testing.T) {
	document := table.OpenAPI(table.Routes(), "1.2.3")
	parsed, err := openapi3.NewLoader().LoadFromData(document)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Info.Version != "1.2.3" || parsed.OpenAPI != "3.1.0" || len(parsed.Components.Schemas) == 0 {
		t.Errorf("read %+v", parsed.Info)
	}
	var components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	}
	if err := json.Unmarshal(componentsOf(t), &components); err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, m := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllSubmatch(document, -1) {
		used[string(m[1])] = true
		if components.Schemas[string(m[1])] == nil {
			t.Errorf("no schema %s", m[1])
		}
	}
	for name := range components.Schemas {
		if !used[name] {
			t.Errorf("nothing refers to schema %s", name)
		}
	}
}

// TestSchemasMatchTypes holds the schemas to the fields of what is written and read.
func TestSchemasMatchTypes(t *testing.T) {
	var components struct {
		Schemas map[string]struct {
			Properties map[string]json.RawMessage `json:"properties"`
		} `json:"schemas"`
	}
	if err := json.Unmarshal(componentsOf(t), &components); err != nil {
		t.Fatal(err)
	}
	for name, typ := range map[string]reflect.Type{
		"AgentIn": reflect.TypeFor[roster.Agent](), "Capability": reflect.TypeFor[roster.Capability](), "Endpoint": reflect.TypeFor[roster.Endpoint](),
		"Health": reflect.TypeFor[roster.Health](), "Owner": reflect.TypeFor[roster.Owner](), "Page": reflect.TypeFor[roster.Page](), "Session": reflect.TypeFor[roster.Session](),
		"Member": reflect.TypeFor[roster.Member](), "Shard": reflect.TypeFor[roster.ShardStatus](), "NodeStatus": reflect.TypeFor[roster.NodeStatus](), "Check": reflect.TypeFor[roster.Check](),
		"Change": reflect.TypeFor[roster.Change](), "Lookup": reflect.TypeFor[roster.LookupResult](), "Problem": reflect.TypeFor[wire.Problem](), "BatchResult": reflect.TypeFor[batchResult](),
		"Ready": reflect.TypeFor[ready.Answer](), "Joined": reflect.TypeFor[joinAnswer](), "StoreMoves": reflect.TypeFor[roster.StoreMoves](), "MovePlan": reflect.TypeFor[roster.MovePlan](), "Move": reflect.TypeFor[roster.Move](),
		"Fleet": reflect.TypeFor[fleet.Fleet](), "FleetState": reflect.TypeFor[fleet.State](), "Spec": reflect.TypeFor[fleet.Spec](), "Fleets": reflect.TypeFor[wing.FleetList](), "Scale": reflect.TypeFor[wing.ScaleIn](),
		"Scaling": reflect.TypeFor[scaling.Policy](), "Scaled": reflect.TypeFor[fleet.Scaled](),
		"Recall": reflect.TypeFor[wing.RecallIn](), "Output": reflect.TypeFor[fleet.Output](), "Explanation": reflect.TypeFor[fleet.Explanation](), "Verdict": reflect.TypeFor[fleet.Verdict](), "Shunned": reflect.TypeFor[fleet.Shunned](), "Restart": reflect.TypeFor[fleet.Restart](), "Probe": reflect.TypeFor[fleet.Probe](), "Limit": reflect.TypeFor[fleet.Limit](), "Where": reflect.TypeFor[placement.Where](),
		"MessageIn": reflect.TypeFor[mailbox.Outgoing](), "Multicast": reflect.TypeFor[mailbox.Cast](), "Receipt": reflect.TypeFor[mailbox.Receipt](), "Receipts": reflect.TypeFor[wing.Receipts](), "Receive": reflect.TypeFor[mailbox.Receive](),
		"Loads": reflect.TypeFor[wing.LoadList](), "NodeLoad": reflect.TypeFor[fleet.NodeLoad](),
		"StateIn": reflect.TypeFor[wing.StateIn](), "Saved": reflect.TypeFor[fleet.Saved](), "Standing": reflect.TypeFor[fleet.Standing](), "Said": reflect.TypeFor[fleet.Said](),
		"Messages": reflect.TypeFor[wing.Messages](), "Message": reflect.TypeFor[mailbox.Delivery](), "Reply": reflect.TypeFor[mailbox.Reply](), "Mailbox": reflect.TypeFor[mailbox.State](), "MailboxLimits": reflect.TypeFor[mailbox.Limits](),
		"SessionIn": reflect.TypeFor[roster.OpenSession](),
		"TokenIn":   reflect.TypeFor[roster.NewToken](), "AccessToken": reflect.TypeFor[roster.AccessToken](), "TokenMade": reflect.TypeFor[wire.TokenMade](), "Tokens": reflect.TypeFor[wire.TokenList](), "KeyChange": reflect.TypeFor[roster.KeyChange](), "Keyring": reflect.TypeFor[roster.Keyring](), "NodeKeys": reflect.TypeFor[roster.NodeKeys](),
	} {
		checkFields(t, name, fieldsOf(typ), components.Schemas[name].Properties)
	}
	record := slices.DeleteFunc(fieldsOf(reflect.TypeFor[roster.Record]()), func(s string) bool { return s == "secret" }) // never shown
	checkFields(t, "Agent", record, components.Schemas["Agent"].Properties)
}

func checkFields(t *testing.T, name string, fields []string, properties map[string]json.RawMessage) {
	t.Helper()
	if len(fields) != len(properties) {
		t.Errorf("%s: fields %q, %d properties", name, fields, len(properties))
	}
	for _, field := range fields {
		if properties[field] == nil {
			t.Errorf("%s has no property %s", name, field)
		}
	}
}

// fieldsOf returns the JSON names of a struct's fields, embedded ones too.
func fieldsOf(typ reflect.Type) (names []string) {
	for _, field := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}
