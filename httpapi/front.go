package httpapi

import (
	"net/http"
	"net/netip"
	"path"
	"slices"
	"strings"

	"roster"
	"roster/httpapi/wire"
)

// newMux enters every route, and behind each path a handler that says which methods
// it has: the mux's own answers are plain text.
func (a *api) newMux(table []route) *http.ServeMux {
	mux := http.NewServeMux()
	methods := make(map[string][]string)
	for _, rt := range table {
		e := a.endpoint(rt)
		mux.Handle(rt.method+" "+rt.path, e)
		methods[rt.path] = append(methods[rt.path], rt.method)
		if rt.method == http.MethodGet {
			methods[rt.path] = append(methods[rt.path], http.MethodHead)
		}
	}
	for path, allowed := range methods {
		slices.Sort(allowed)
		mux.Handle(path, a.endpoint(notAllowed(strings.Join(allowed, ", "))))
	}
	mux.Handle("/", a.endpoint(notFound()))
	return mux
}

func notAllowed(allow string) route {
	return route{name: "none", serve: func(c *call) error {
		c.Header().Set("Allow", allow)
		err := roster.Invalid("", "%s is not among the methods of this path: %s", c.r.Method, allow)
		err.Status = http.StatusMethodNotAllowed
		return err
	}}
}

func notFound() route {
	return route{name: "none", serve: func(c *call) error {
		return roster.Errorf(roster.CodeNotFound, "no such path; /openapi.json lists them all")
	}}
}

// ServeHTTP refuses what no route may see, and hands the rest to the mux.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["X-Content-Type-Options"] = []string{"nosniff"}
	if err := a.refusal(r); err != nil {
		a.metrics.refused.Inc()
		if err.Status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD")
		}
		writeProblem(w, wire.ProblemOf(err))
		return
	}
	a.mux.ServeHTTP(w, r)
}

// refusal returns why r is refused before it is routed, or nil.
func (a *api) refusal(r *http.Request) *roster.Error {
	switch {
	case r.Method == http.MethodTrace || r.Method == http.MethodConnect:
		return withStatus(http.StatusMethodNotAllowed, roster.Invalid("", "%s is not served", r.Method))
	case r.Host == "":
		return roster.Invalid("Host", "the request names no host")
	case !a.allowed(r.Host):
		return withStatus(http.StatusMisdirectedRequest, roster.Errorf(roster.CodeDenied,
			"this node does not answer to the name in Host; use its address, or start it with that name allowed"))
	case r.URL.IsAbs() || r.URL.Host != "":
		return roster.Invalid("", "the request line holds a whole URL; this is no proxy")
	case !canonical(r):
		return roster.Invalid("", "the path is not canonical: no empty segment, no . or .., no encoded slash")
	case len(r.Header["Upgrade"]) > 0 && !strings.EqualFold(r.Header.Get("Upgrade"), "h2c"):
		return roster.Invalid("Upgrade", "no other protocol is served here")
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return roster.Errorf(roster.CodeDenied, "a web page of another origin may not change anything here")
	}
	return nil
}

func withStatus(status int, err *roster.Error) *roster.Error {
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
func (a *api) allowed(host string) bool {
	name := hostName(host)
	if name == "localhost" || a.hosts["*"] || a.hosts[name] || strings.HasSuffix(name, ".localhost") {
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
