package probe

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/fleet"
)

func target(t *testing.T, endpoint string, probe fleet.Probe) Target {
	t.Helper()
	x, err := TargetOf("demo/a~0", &fleet.Spec{Endpoints: []roster.Endpoint{{URL: endpoint}}, Probe: probe})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// serve serves a handler on loopback, which is told when the test is over.
func serve(t testing.TB, handler func(over <-chan struct{}) http.HandlerFunc) *httptest.Server {
	over := make(chan struct{})
	s := httptest.NewServer(handler(over))
	t.Cleanup(func() {
		close(over)
		s.CloseClientConnections()
		s.Close()
	})
	return s
}

// badly answers as its path says; redirected counts how often the loop is asked for.
func badly(over <-chan struct{}, redirected *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/500":
			w.WriteHeader(http.StatusInternalServerError)
		case "/404":
			http.NotFound(w, r)
		case "/loop":
			redirected.Add(1)
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/hang":
			<-over
		case "/slowly": // a body that never ends
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-over
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		case "/header":
			w.Header().Set("X-Large", strings.Repeat("x", 1<<20))
		}
	}
}

// TestKnock probes endpoints of all kinds of badness over real connections.
func TestKnock(t *testing.T) {
	var redirected atomic.Int64
	good := serve(t, func(over <-chan struct{}) http.HandlerFunc { return badly(over, &redirected) })
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	quick := fleet.Probe{Kind: fleet.ProbeHTTP, Timeout: roster.Duration(20 * time.Second)}
	short := fleet.Probe{Kind: fleet.ProbeHTTP, Timeout: roster.Duration(100 * time.Millisecond)}
	at := func(p fleet.Probe, path string) fleet.Probe {
		p.Path = path
		return p
	}
	door := fleet.Probe{Kind: fleet.ProbeTCP, Timeout: quick.Timeout}
	for name, c := range map[string]struct {
		endpoint string
		probe    fleet.Probe
		failed   bool
		text     string
	}{
		"good":             {good.URL, at(quick, "/healthz"), false, "200 in "},
		"as it is":         {good.URL + "/404", quick, true, "404 in "},
		"path replaces":    {good.URL + "/500", at(quick, "/ok?x=1"), false, "200 in "},
		"two slashes":      {good.URL, at(quick, "//500.example/ok"), false, "200 in "},
		"500":              {good.URL, at(quick, "/500"), true, "500 in "},
		"redirect loop":    {good.URL, at(quick, "/loop"), false, "302 in "},
		"hangs":            {good.URL, at(short, "/hang"), true, "no answer within 100 ms"},
		"slow body":        {good.URL, at(quick, "/slowly"), false, "200 in "},
		"endless body":     {good.URL, at(quick, "/endless"), false, "200 in "},
		"huge header":      {good.URL, at(quick, "/header"), true, "exceeded"},
		"refused":          {gone.URL, quick, true, "connection refused in "},
		"mute":             {"http://" + mute.Addr().String(), short, true, "no answer within 100 ms"},
		"unknown issuer":   {secure.URL, quick, true, "certificate"},
		"plain at TLS":     {strings.Replace(secure.URL, "https", "http", 1), quick, true, "400 in "},
		"TLS at plain":     {strings.Replace(good.URL, "http", "https", 1), quick, true, "HTTPS client"},
		"a door":           {"tcp://" + mute.Addr().String(), door, false, "connected in "},
		"a door of a web":  {good.URL, door, false, "connected in "},
		"a door that went": {gone.URL, door, true, "connection refused in "},
	} {
		x := target(t, c.endpoint, c.probe)
		o, ok := New(Config{}).once(t.Context(), &x)
		if !ok || o.Failed != c.failed || !strings.Contains(o.Text, c.text) {
			t.Errorf("%s: %+v, %t; want failed %t, %s", name, o, ok, c.failed, c.text)
		}
	}
	if n := redirected.Load(); n != 1 {
		t.Errorf("the loop was asked %d times", n)
	}
}

// TestNothingIsKept: each probe has a connection of its own, and no proxy is asked, whatever
// the environment names.
func TestNothingIsKept(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	defer s.Close()
	var dialled []string
	p := New(Config{Dial: func(ctx context.Context, address string) (net.Conn, error) {
		dialled = append(dialled, address)
		return (&net.Dialer{}).DialContext(ctx, "tcp", s.Listener.Addr().String())
	}})
	t.Setenv("HTTP_PROXY", "http://proxy.example:3128")
	x := target(t, "http://agent.example:8080", fleet.Probe{Kind: fleet.ProbeHTTP})
	for range 5 {
		if o, _ := p.once(t.Context(), &x); o.Failed {
			t.Errorf("%+v", o)
		}
	}
	if n := opened.Load(); n != 5 {
		t.Errorf("%d connections for 5 probes", n)
	}
	for _, address := range dialled {
		if address != "agent.example:8080" {
			t.Errorf("dialled %s", address)
		}
	}
}

func TestTargets(t *testing.T) {
	for endpoint, want := range map[string]string{
		"http://a.example/x":  "GET /x",
		"https://a.example":   "GET /",
		"grpc://a.example:70": "connect to a.example:70",
		"grpc://a.example":    "grpc://a.example has no port",
		"mailto:a":            "mailto:a has no host",
		"http://:80":          "http://:80 has no host",
		"tcp://[::1]:9":       "connect to [::1]:9",
	} {
		x, err := TargetOf("demo/a~0", &fleet.Spec{Endpoints: []roster.Endpoint{{URL: endpoint}}})
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = x.What()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
	if _, err := TargetOf("demo/a~0", &fleet.Spec{Probe: fleet.Probe{Kind: fleet.ProbeTCP}}); err != errNowhere {
		t.Error(err)
	}
	if got := cut("a\x00b\nc\xff"+strings.Repeat("ü", 200), 21); got != "a b c�üüüüüü" && !strings.HasPrefix(got, "a b c") {
		t.Errorf("%q", got)
	}
	for d, want := range map[time.Duration]string{0: "0 ms", time.Microsecond: "1 ms", 12 * time.Millisecond: "12 ms", 2 * time.Second: "2 s", 3550 * time.Millisecond: "3.5 s"} {
		if got := brief(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
