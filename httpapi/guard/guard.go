package guard

import (
	"net/http"
	"net/netip"
	"path"
	"strings"

	"roster"
)

// HeaderBytesMax bounds request line and headers: room for the longest filter, every
// byte of it escaped. The server has to read more than that, for what it cuts off by
// itself is answered by net/http, in plain text.
const HeaderBytesMax = 32 << 10

// Guard judges requests. Make one with New.
type Guard struct {
	hosts map[string]bool
	cross http.CrossOriginProtection
}

// New returns a guard that lets Host headers pass which name one of hosts ("*": any),
// localhost, a name under .localhost, or an address.
func New(hosts []string) *Guard {
	g := &Guard{hosts: make(map[string]bool)}
	for _, host := range hosts {
		g.hosts[hostName(host)] = true
	}
	return g
}

// Refusal returns why r is refused before it is routed, or nil.
func (g *Guard) Refusal(r *http.Request) *roster.Error {
	switch {
	case headerBytes(r) > HeaderBytesMax:
		return WithStatus(http.StatusRequestHeaderFieldsTooLarge, roster.Invalid("",
			"request line and headers have more than %d bytes: shorten the query", HeaderBytesMax))
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		return WithStatus(http.StatusMethodNotAllowed, roster.Invalid("", "%s is not served", r.Method))
	case r.Host == "":
		return roster.Invalid("Host", "the request names no host")
	case !g.allowed(r.Host):
		return WithStatus(http.StatusMisdirectedRequest, roster.Errorf(roster.CodeDenied,
			"this node does not answer to the name in Host; use its address, localhost or its own name"))
	case r.URL.IsAbs() || r.URL.Host != "":
		return roster.Invalid("", "the request line holds a whole URL; this is no proxy")
	case !canonical(r):
		return roster.Invalid("", "the path is not canonical: no empty segment, no . or .., no encoded slash")
	case len(r.Header["Upgrade"]) > 0 && !strings.EqualFold(r.Header.Get("Upgrade"), "h2c"):
		return roster.Invalid("Upgrade", "no other protocol is served here")
	}
	if err := g.cross.Check(r); err != nil {
		return roster.Errorf(roster.CodeDenied, "a web page of another origin may not change anything here")
	}
	return nil
}

// headerBytes counts what stands before the body.
func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			n += len(name) + len(value)
		}
	}
	return n
}

// WithStatus gives err another status than its code has.
func WithStatus(status int, err *roster.Error) *roster.Error {
	err.Status = status
	return err
}

// canonical reports whether the path is the one spelling of itself. A slash at the
// end passes: it leads to no route and so to NotFound.
func canonical(r *http.Request) bool {
	p := r.URL.Path
	if p == "" || p[0] != '/' || strings.Contains(p, `\`) {
		return false
	}
	if clean := path.Clean(p); clean != p && (clean+"/" != p || clean == "/") {
		return false
	}
	return r.URL.RawPath == "" || !strings.Contains(strings.ToLower(r.URL.RawPath), "%2f")
}

// allowed reports whether a Host header may be answered.
func (g *Guard) allowed(host string) bool {
	name := hostName(host)
	if name == "localhost" || g.hosts["*"] || g.hosts[name] || strings.HasSuffix(name, ".localhost") {
		return true
	}
	_, err := netip.ParseAddr(name)
	return err == nil
}

// hostName returns a host without port and brackets, in lower case.
func hostName(host string) string {
	if rest, ok := strings.CutPrefix(host, "["); ok {
		name, _, _ := strings.Cut(rest, "]")
		return name
	}
	if strings.Count(host, ":") == 1 {
		host, _, _ = strings.Cut(host, ":")
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}
