package httpapi

import (
	"net/http"
	"slices"
	"strings"

	"roster"
	"roster/httpapi/guard"
	"roster/httpapi/table"
	"roster/httpapi/wire"
)

// newMux enters every route, and behind each path a handler that says which methods
// it has: the mux's own answers are plain text.
func (a *api) newMux(routes []table.Route) *http.ServeMux {
	mux, served := http.NewServeMux(), handlers()
	methods := make(map[string][]string)
	for _, rt := range routes {
		if rt.Name == "metrics" && a.options.MetricsOpen {
			rt.Right.In = table.Open
		}
		mux.Handle(rt.Method+" "+rt.Path, a.endpoint(rt, served[rt.Name]))
		methods[rt.Path] = append(methods[rt.Path], rt.Method)
		if rt.Method == http.MethodGet {
			methods[rt.Path] = append(methods[rt.Path], http.MethodHead)
		}
	}
	for path, allowed := range methods {
		slices.Sort(allowed)
		mux.Handle(path, a.endpoint(unrouted(), notAllowed(strings.Join(allowed, ", "))))
	}
	mux.Handle("/", a.endpoint(unrouted(), notFound))
	return mux
}

// unrouted is the row of what is in no row: no parameter is refused, because
// something else is wrong.
func unrouted() table.Route { return table.Route{Name: "none"} }

func notAllowed(allow string) func(*call) error {
	return func(c *call) error {
		c.Header().Set("Allow", allow)
		return guard.WithStatus(http.StatusMethodNotAllowed,
			roster.Invalid("", "%s is not among the methods of this path: %s", c.r.Method, allow))
	}
}

func notFound(*call) error {
	return roster.Errorf(roster.CodeNotFound, "no such path; /openapi.json lists them all")
}

// ServeHTTP refuses what no route may see, and hands the rest to the mux.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["X-Content-Type-Options"] = a.nosniff
	if err := a.guard.Refusal(r); err != nil {
		a.meter.Refused.Inc()
		if err.Status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", "GET, HEAD")
		}
		writeProblem(w, wire.ProblemOf(err))
		return
	}
	a.mux.ServeHTTP(w, r)
}
