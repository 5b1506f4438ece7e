package table

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// schemas are the components: what the bodies look like. A test holds them against
// the types that are read and written.
//
//go:embed components.json
var schemas []byte

// The parts of an OpenAPI 3.1 document that are used here.
type (
	oaDocument struct {
		OpenAPI    string                            `json:"openapi"`
		About      oaAbout                           `json:"info"`
		Paths      map[string]map[string]oaOperation `json:"paths"`
		Components json.RawMessage                   `json:"components"`
	}
	oaAbout struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	}
	oaOperation struct {
		ID         string                `json:"operationId"`
		Tags       []string              `json:"tags"`
		Summary    string                `json:"summary"`
		Parameters []oaParameter         `json:"parameters,omitempty"`
		Body       *oaBody               `json:"requestBody,omitempty"`
		Responses  map[string]oaResponse `json:"responses"`
		// Security is the token, or none where the node asks for none; Right says in
		// which namespace it must allow what.
		Security []map[string][]string `json:"security,omitempty"`
		Right    string                `json:"x-right,omitempty"`
	}
	oaParameter struct {
		Name        string          `json:"name"`
		In          string          `json:"in"`
		Description string          `json:"description,omitempty"`
		Required    bool            `json:"required,omitempty"`
		Schema      json.RawMessage `json:"schema"`
	}
	oaBody struct {
		Required bool               `json:"required"`
		Content  map[string]oaMedia `json:"content"`
	}
	oaMedia struct {
		Schema json.RawMessage `json:"schema"`
	}
	oaResponse struct {
		Ref         string             `json:"$ref,omitempty"`
		Description string             `json:"description,omitempty"`
		Content     map[string]oaMedia `json:"content,omitempty"`
	}
)

// headerTexts say what the request headers of the table mean.
var headerTexts = map[string]string{
	"Roster-Token":    "read: must have been seen; write: is merged into the answer's token",
	"Roster-Request":  "client-hex/seq/done: the write runs exactly once",
	"Idempotency-Key": "1 to 128 bytes: the write runs exactly once",
	"If-Match":        "the revision that the agent must have, in double quotes",
	"If-None-Match":   "GET: a revision that is known already; PUT: * for an agent that must not be there",
	"Last-Event-ID":   "the last event's id, where the stream goes on",
}

// OpenAPI builds the document of a table. The table is fixed, so what cannot be
// marshalled is a fault of the program.
func OpenAPI(table []Route, version string) []byte {
	if version == "" {
		version = "0"
	}
	doc := oaDocument{OpenAPI: "3.1.0", Paths: make(map[string]map[string]oaOperation), Components: schemas,
		About: oaAbout{Title: "Roster", Version: version, Description: "The roll of a fleet of software agents."}}
	for _, r := range table {
		path := strings.Replace(r.Path, "{$}", "", 1)
		if doc.Paths[path] == nil {
			doc.Paths[path] = make(map[string]oaOperation)
		}
		doc.Paths[path][strings.ToLower(r.Method)] = r.operation()
	}
	out, err := json.Marshal(doc)
	if err != nil {
		panic("table: the OpenAPI document cannot be written: " + err.Error())
	}
	return out
}

func (r *Route) operation() oaOperation {
	op := oaOperation{ID: r.Name, Tags: []string{r.Tag}, Summary: r.Summary, Parameters: r.parameters(), Responses: make(map[string]oaResponse)}
	if r.Right.In != Open {
		op.Security = []map[string][]string{{"token": {}}, {}}
		op.Right = r.Right.Verb.String() + ", namespace: " + string(r.Right.In)
	}
	if r.Body != NoBody {
		op.Body = &oaBody{Required: true, Content: make(map[string]oaMedia)}
		for _, media := range r.Body.Types() {
			op.Body.Content[media] = oaMedia{ref(string(r.Body))}
		}
	}
	for _, a := range r.Answers {
		response := oaResponse{Description: a.Text}
		if a.Schema != "" {
			media := a.Media
			if media == "" {
				media = "application/json"
			}
			response.Content = map[string]oaMedia{media: {ref(a.Schema)}}
		}
		op.Responses[strconv.Itoa(a.Status)] = response
	}
	for _, status := range append(slices.Clone(r.Fails), http.StatusBadRequest) {
		op.Responses[strconv.Itoa(status)] = problemResponse()
	}
	op.Responses["default"] = problemResponse()
	return op
}

func (r *Route) parameters() []oaParameter {
	var out []oaParameter
	for segment := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(segment, "{"); ok && name != "$}" {
			out = append(out, oaParameter{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: ref("Word")})
		}
	}
	for _, p := range r.Params {
		schema := json.RawMessage(p.Schema)
		if p.Repeated {
			schema = json.RawMessage(`{"type":"array","items":` + p.Schema + `}`)
		}
		out = append(out, oaParameter{Name: p.Name, In: "query", Description: p.Text, Schema: schema})
	}
	for _, name := range r.Headers {
		out = append(out, oaParameter{Name: name, In: "header", Description: headerTexts[name], Schema: json.RawMessage(`{"type":"string"}`)})
	}
	return out
}

func ref(component string) json.RawMessage {
	return json.RawMessage(`{"$ref":"#/components/schemas/` + component + `"}`)
}

func problemResponse() oaResponse { return oaResponse{Ref: "#/components/responses/Problem"} }
