package intake

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"roster"
)

// The agents and capabilities that entries of an MCP registry become.
const (
	serverNamespace  = "mcp"
	packagePrefix    = "package/"
	unknownRegistry  = "unknown"
	remoteCapability = "remote"
)

// mcpServer is the part of an MCP registry's entry that matters here.
type mcpServer struct {
	Name        string            `json:"name"`
	Description string            `json:"description"`
	Version     string            `json:"version"`
	Repository  address           `json:"repository"`
	Packages    []serverPackage   `json:"packages"`
	Remotes     []json.RawMessage `json:"remotes"`
}

type serverPackage struct {
	Registry string `json:"registry"`
}

// address is a URL, or an object that holds one, as registries write it.
type address string

// UnmarshalJSON reads either form; null is none.
func (a *address) UnmarshalJSON(raw []byte) error {
	var plain string
	if err := json.Unmarshal(raw, &plain); err == nil {
		*a = address(plain)
		return nil
	}
	var object struct {
		URL string `json:"url"`
	}
	err := json.Unmarshal(raw, &object)
	*a = address(object.URL)
	return err
}

// ParseServer turns an entry of an MCP registry into an agent.
func ParseServer(text []byte) (roster.Agent, error) {
	var s mcpServer
	if !utf8.Valid(text) {
		return roster.Agent{}, fmt.Errorf("not valid UTF-8")
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return roster.Agent{}, fmt.Errorf("not an entry of an MCP registry: %w", plain(err))
	}
	if s.Name == "" {
		return roster.Agent{}, fmt.Errorf("the entry has no name")
	}
	agent := roster.Agent{
		ID:           roster.AgentID(serverNamespace + "/" + strings.ReplaceAll(strings.ToLower(s.Name), "/", ".")),
		Capabilities: s.capabilities(),
		Description:  cut(s.Description, roster.DescriptionMax),
	}
	agent.Labels, agent.Metadata = s.marks()
	return agent, nil
}

// capabilities says how the server can be had, each way once.
func (s mcpServer) capabilities() []roster.Capability {
	var names []string
	for _, p := range s.Packages {
		registry := p.Registry
		if registry == "" {
			registry = unknownRegistry
		}
		names = append(names, packagePrefix+registry)
	}
	if len(s.Remotes) > 0 {
		names = append(names, remoteCapability)
	}
	slices.Sort(names)
	out := []roster.Capability{}
	for _, name := range slices.Compact(names) {
		out = append(out, roster.Capability{Name: name, Attributes: roster.Map{}})
	}
	return out
}

// marks returns version and repository as labels. A value that is too long for a
// label would cost the whole entry, so it becomes metadata instead.
func (s mcpServer) marks() (labels, metadata roster.Map) {
	short, long := map[string]string{}, map[string]string{}
	for key, value := range map[string]string{"version": s.Version, "repository": string(s.Repository)} {
		switch {
		case value == "":
		case len(value) <= roster.LabelValueMax:
			short[key] = value
		default:
			long[key] = cut(value, roster.MetadataValueMax)
		}
	}
	return roster.MapOf(short), roster.MapOf(long)
}

// cut shortens s to at most max bytes, between characters.
func cut(s string, max int) string {
	if len(s) <= max {
		return s
	}
	const more = "…"
	end := max - len(more)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + more
}
