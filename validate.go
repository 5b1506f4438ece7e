package roster

import (
	"cmp"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Validate reports the first fault of an agent as an Invalid or TooLarge error that
// names the field.
func (a Agent) Validate() error {
	return cmp.Or(a.validateParts(), a.validateSize())
}

func (a Agent) validateSize() error {
	if n := a.Size(); n > AgentBytesMax {
		return &Error{Code: CodeTooLarge, Field: "agent", Detail: "agent has " + strconv.Itoa(n) + " bytes; at most " + strconv.Itoa(AgentBytesMax)}
	}
	return nil
}

func (a Agent) validateParts() error {
	return cmp.Or(a.ID.Validate(), a.validateCapabilities(), a.Labels.validate("labels", LabelsMax, LabelValueMax), a.validateEndpoints(),
		text("description", a.Description, DescriptionMax), a.Metadata.validate("metadata", MetadataMax, MetadataValueMax), a.validateLiveness())
}

// ValidateUpdate is Validate of an agent that was valid before c was merged into it: it
// looks at nothing but what c names, and at the size of the whole.
func (a Agent) ValidateUpdate(c Update) error {
	part := Agent{ID: a.ID}
	if c.Capabilities != nil {
		part.Capabilities = a.Capabilities
	}
	if len(c.Labels.Set) > 0 {
		part.Labels = a.Labels
	}
	if c.Endpoints != nil {
		part.Endpoints = a.Endpoints
	}
	if c.Description != nil {
		part.Description = a.Description
	}
	if len(c.Metadata.Set) > 0 {
		part.Metadata = a.Metadata
	}
	if c.OnEnd != nil {
		part.OnEnd = a.OnEnd
	}
	return cmp.Or(part.validateParts(), a.validateSize())
}

func (a Agent) validateCapabilities() error {
	if len(a.Capabilities) > CapabilitiesMax {
		return Invalid("capabilities", "%d capabilities; at most %d", len(a.Capabilities), CapabilitiesMax)
	}
	for i, c := range a.Capabilities {
		if !isCapability(c.Name) {
			return Invalid(element("capabilities", i)+".name", "capability %s: want 1 to %d bytes of letters, digits and . _ ~ - / @ +", quote(c.Name), CapabilityMax)
		}
		if !isText(c.Version, VersionMax) {
			return text(element("capabilities", i)+".version", c.Version, VersionMax)
		}
		if len(c.Attributes) == 0 {
			continue
		}
		if err := c.Attributes.validate(element("capabilities", i)+".attributes", LabelsMax, LabelValueMax); err != nil {
			return err
		}
	}
	if i := twice(a.Capabilities); i >= 0 {
		return Invalid(element("capabilities", i), "capability %s is there twice", quote(a.Capabilities[i].Name))
	}
	return nil
}

// fewCapabilities are compared each with each; more go through a map.
const fewCapabilities = 8

// twice returns a capability whose name and version stood before, -1 if there is none.
func twice(list []Capability) int {
	if len(list) <= fewCapabilities {
		for i := range list {
			for j := range i {
				if list[j].Name == list[i].Name && list[j].Version == list[i].Version {
					return i
				}
			}
		}
		return -1
	}
	type key struct{ name, version string }
	seen := make(map[key]bool, len(list))
	for i, c := range list {
		if seen[key{c.Name, c.Version}] {
			return i
		}
		seen[key{c.Name, c.Version}] = true
	}
	return -1
}

func (a Agent) validateEndpoints() error {
	if len(a.Endpoints) > EndpointsMax {
		return Invalid("endpoints", "%d endpoints; at most %d", len(a.Endpoints), EndpointsMax)
	}
	for i, e := range a.Endpoints {
		if isText(e.Name, EndpointNameMax) && isPlainURL(e.URL) {
			continue
		}
		field := element("endpoints", i)
		if err := text(field+".name", e.Name, EndpointNameMax); err != nil {
			return err
		}
		if err := validateURL(field+".url", e.URL); err != nil {
			return err
		}
	}
	return nil
}

func (a Agent) validateLiveness() error {
	if a.Session != "" {
		if err := a.Session.Validate(); err != nil {
			return err
		}
	}
	if a.OnEnd != "" && a.OnEnd != OnEndDeregister && a.OnEnd != OnEndCritical {
		return Invalid("on_end", "on_end %s: want deregister or critical", quote(string(a.OnEnd)))
	}
	if n := len(a.Secret); n != 0 && (n < SecretMin || n > SecretMax) {
		return Invalid("secret", "secret has %d bytes; want %d to %d", n, SecretMin, SecretMax)
	}
	return nil
}

// Validate reports an Invalid error when h is not a health that may be reported.
func (h Health) Validate() error {
	if !slices.Contains(HealthStates, h.State) {
		return Invalid("state", "health %s: want passing, warning or critical", quote(string(h.State)))
	}
	return text("reason", h.Reason, ReasonMax)
}

// validate checks the number, keys and values of a map.
func (m Map) validate(field string, entriesMax, valueMax int) error {
	if len(m) > entriesMax {
		return Invalid(field, "%d entries; at most %d", len(m), entriesMax)
	}
	if !m.Sorted() {
		return Invalid(field, "keys are not in order or not unique")
	}
	for _, p := range m {
		if len(p.Key) == 0 || len(p.Key) > MapKeyMax || !printable(p.Key) {
			return Invalid(field, "key %s: want 1 to %d bytes of printable UTF-8", quote(p.Key), MapKeyMax)
		}
		if !isText(p.Value, valueMax) { // the field's name costs, so only a fault makes it
			return text(field+"."+p.Key, p.Value, valueMax)
		}
	}
	return nil
}

// element names one element of a list.
func element(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// isText reports whether text finds nothing wrong with s.
func isText(s string, max int) bool {
	return len(s) <= max && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0
}

// text checks the length and the encoding of free text.
func text(field, s string, max int) error {
	if len(s) > max {
		return Invalid(field, "%d bytes; at most %d", len(s), max)
	}
	if !isText(s, max) {
		return Invalid(field, "not valid UTF-8, or holds a NUL")
	}
	return nil
}

// printable reports whether s is UTF-8 without control characters and without
// space at its ends.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.TrimSpace(s) == s && !strings.ContainsFunc(s, func(r rune) bool {
		return r < 0x20 || r == 0x7f || (r >= 0x80 && r < 0xa0) || (r >= 0x200e && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069)
	})
}

func isCapability(s string) bool {
	if len(s) == 0 || len(s) > CapabilityMax {
		return false
	}
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && strings.IndexByte("._~-/@+", s[i]) < 0 {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
}

// urlSchemes are what an endpoint may speak. Schemes that read files or that old
// clients turn into requests of another protocol (file, gopher) are not among them.
var urlSchemes = []string{"http", "https", "ws", "wss", "grpc", "grpcs", "tcp", "tls", "nats", "amqp", "redis", "mqtt"}

// isPlainURL reports whether raw is surely a URL that validateURL takes: a scheme, a
// host, perhaps a port and a path, of nothing but letters, digits and . _ ~ - /. Most
// are, and to see that costs a tenth of parsing them.
func isPlainURL(raw string) bool {
	scheme, rest, ok := strings.Cut(raw, "://")
	if !ok || len(raw) > URLMax || !slices.Contains(urlSchemes, scheme) {
		return false
	}
	host, path := rest, ""
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		host, path = rest[:at], rest[at:]
	}
	for i := range len(path) {
		if !isAlphanumeric(path[i]) && strings.IndexByte("._~-/", path[i]) < 0 {
			return false
		}
	}
	host, port, _ := strings.Cut(host, ":")
	for i := range len(host) {
		if !isAlphanumeric(host[i]) && host[i] != '.' && host[i] != '-' {
			return false
		}
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	named := last != "" && (last[0]|0x20 >= 'a' && last[0]|0x20 <= 'z') && len(host) <= 253 // no address
	return (named || isHost(host)) && isPort(port)
}

func validateURL(field, raw string) error {
	if err := text(field, raw, URLMax); err != nil {
		return err
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return Invalid(field, "endpoint %s is not a URL", quote(raw))
	case !slices.Contains(urlSchemes, u.Scheme):
		return Invalid(field, "endpoint %s: want one of the schemes %s", quote(raw), strings.Join(urlSchemes, " "))
	case u.User != nil:
		return Invalid(field, "endpoint %s holds a user or password", quote(u.Redacted()))
	case !isHost(u.Hostname()):
		return Invalid(field, "endpoint %s: host is neither a name nor a plain IP address", quote(raw))
	case !isPort(u.Port()):
		return Invalid(field, "endpoint %s: want a port from 1 to 65535, or none", quote(raw))
	}
	return nil
}

// isHost accepts host names and canonical IP addresses. The many other spellings
// of an address (127.1, 0x7f000001, ::ffff:10.0.0.1) are how filters are evaded.
func isHost(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return !addr.Is4In6() && addr.Zone() == "" // a zone means something on one machine alone
	}
	if host == "" || len(host) > 253 || strings.ContainsAny(host, " :%\t\r\n") {
		return false
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64)
	return err != nil
}

// isPort accepts the port of a URL; "" is the scheme's own.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || (err == nil && n > 0)
}

// quote returns s quoted and cut to a length that is fit for a message.
func quote(s string) string {
	if len(s) > 64 {
		s = s[:64] + "…"
	}
	return strconv.Quote(s)
}
