package agentpool

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"roster"
	"roster/fleet"
	"roster/internal/bubble"
	"roster/internal/simnet"
)

// diary is what a pool tells, in order.
type diary struct {
	sync.Mutex
	lines []string
}

func (d *diary) add(format string, args ...any) {
	d.Lock()
	defer d.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

// milliseconds are what the network draws.
var milliseconds = regexp.MustCompile(`\d+ ms`)

// text returns what was told since the last call, reasons cut at their figures.
func (d *diary) text() string {
	d.Lock()
	defer d.Unlock()
	defer func() { d.lines = nil }()
	return milliseconds.ReplaceAllString(strings.Join(d.lines, "; "), "n ms")
}

// probed runs agents in a bubble, beside an endpoint that answers while up says so.
func probed(t *testing.T, entries map[string]Func, scenario func(s *Supervisor, d *diary, up *atomic.Bool, endpoint string)) {
	bubble.Test(t, func(t *testing.T) {
		net := simnet.New(1)
		listener, packets, err := net.Host(1).Listen(t.Context(), ":80")
		if err != nil {
			t.Fatal(err)
		}
		packets.Close()
		up := &atomic.Bool{}
		up.Store(true)
		web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if !up.Load() {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})}
		served := make(chan error, 1)
		go func() { served <- web.Serve(listener) }()
		d := &diary{}
		s := New(Config{Drivers: []Driver{NewInproc(entries), &Remote{}}, Dial: net.Host(2).Dial,
			Report: func(e Event) { d.add("%s@%d %s", e.Agent, e.Epoch, e.Status) },
			Health: func(a roster.Actor, h roster.Health) {
				why, _, _ := strings.Cut(h.Reason, ";")
				d.add("%s@%d %s %s", a.Agent, a.Epoch, h.State, why)
			}})
		scenario(s, d, up, "http://"+net.Host(1).IP())
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		web.Close()
		<-served
		after(time.Second)
	})
}

// TestRemote: an agent that runs itself runs once it answers, is critical when it answers no
// more, is well again when it does, and is given up after minutes without an answer.
func TestRemote(t *testing.T) {
	probed(t, nil, func(s *Supervisor, d *diary, up *atomic.Bool, endpoint string) {
		want := func(what, text string) {
			t.Helper()
			if got := d.text(); got != text {
				t.Errorf("%s: %s\nwant %s", what, got, text)
			}
		}
		spec := &fleet.Spec{Driver: fleet.Remote, Endpoints: []roster.Endpoint{{URL: endpoint}}}
		up.Store(false)
		s.Want(Agent{ID: "demo/a~0", Epoch: 3, Spec: spec})
		after(time.Minute)
		want("before it answers", "")
		up.Store(true)
		after(fleet.ProbeEvery + time.Second)
		want("it answers", "demo/a~0@3 running")
		after(time.Hour)
		want("all is well for an hour", "")
		up.Store(false)
		after(3 * fleet.ProbeEvery)
		want("it has died", "demo/a~0@3 warning GET /: 503 in n ms, 1 of 3 in a row; demo/a~0@3 critical GET /: 503 in n ms, 3 in a row")
		after(4 * time.Minute)
		want("it stays so", "")
		up.Store(true)
		after(time.Minute)
		want("it is back", "demo/a~0@3 warning GET /: 200 in n ms, but a moment ago 503 in n ms; demo/a~0@3 passing ")
		up.Store(false)
		after(GiveUpAfter - time.Second)
		want("it has died again", "demo/a~0@3 warning GET /: 503 in n ms, 1 of 3 in a row; demo/a~0@3 critical GET /: 503 in n ms, 3 in a row")
		after(fleet.ProbeEvery + time.Second)
		want("it is given up, and not begun again here", "demo/a~0@3 failed")
		s.Want(Agent{ID: "demo/a~0", Epoch: 5, Spec: spec})
		after(GiveUpAfter + fleet.ProbeEvery + time.Second)
		want("it has never answered", "demo/a~0@5 failed")
	})
}

// TestRemoteIsProbedAsItSays: a probe of its spec's stands in place of the default.
func TestRemoteIsProbedAsItSays(t *testing.T) {
	probed(t, nil, func(s *Supervisor, d *diary, up *atomic.Bool, endpoint string) {
		up.Store(false) // 503, but a connection is all that is asked for
		s.Want(Agent{ID: "demo/a~0", Epoch: 3, Spec: &fleet.Spec{Driver: fleet.Remote, Endpoints: []roster.Endpoint{{URL: endpoint}}, Probe: fleet.Probe{Kind: fleet.ProbeTCP}}})
		s.Want(Agent{ID: "demo/b~0", Epoch: 3, Spec: &fleet.Spec{Driver: fleet.Remote, Endpoints: []roster.Endpoint{{URL: "grpc://nowhere"}}}})
		after(time.Minute)
		if got := d.text(); got != "demo/b~0@3 registered; demo/a~0@3 running" {
			t.Error(got)
		}
	})
}

// TestProbedMember: a member that the node runs is probed once it runs; its word counts too,
// and the worse of the two is told. After a restart in place it is what it was until it
// answers.
func TestProbedMember(t *testing.T) {
	fail := make(chan struct{})
	var self atomic.Pointer[Self]
	entries := map[string]Func{"worker": func(ctx context.Context, x Self) error {
		self.Store(&x)
		x.Ready()
		select {
		case <-ctx.Done():
			return nil
		case <-fail:
			return errBad
		}
	}}
	probed(t, entries, func(s *Supervisor, d *diary, up *atomic.Bool, endpoint string) {
		fail = make(chan struct{})
		want := func(what, text string) {
			t.Helper()
			if got := d.text(); got != text {
				t.Errorf("%s: %s\nwant %s", what, got, text)
			}
		}
		say := func(x fleet.Standing) {
			t.Helper()
			if err := self.Load().Say(x); err != nil {
				t.Error(err)
			}
		}
		s.Want(Agent{ID: "demo/a~0", Epoch: 3, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "worker", Endpoints: []roster.Endpoint{{URL: endpoint}},
			Probe: fleet.Probe{Kind: fleet.ProbeHTTP, Path: "/healthz"}}})
		after(time.Hour)
		want("well", "demo/a~0@3 running")
		say(fleet.Standing{Word: fleet.Overloaded, Progress: "3 of 4"})
		for n := range 100 {
			say(fleet.Standing{Word: fleet.Overloaded, Progress: fmt.Sprint(n, " of 100")})
		}
		after(time.Minute)
		want("progress is not told", "demo/a~0@3 warning overloaded: 3 of 4")
		up.Store(false)
		after(time.Minute)
		want("the probe is worse", "demo/a~0@3 critical GET /healthz: 503 in n ms, 3 in a row")
		say(fleet.Standing{Word: fleet.Ready})
		fail <- struct{}{}
		after(time.Minute)
		want("begun again", "demo/a~0@3 running")
		up.Store(true)
		after(time.Minute)
		want("it answers", "demo/a~0@3 warning GET /healthz: 200 in n ms, but a moment ago 503 in n ms; demo/a~0@3 passing ")
		say(fleet.Standing{Word: fleet.Finishing})
		fail <- struct{}{}
		after(time.Minute)
		want("its word ends with its run", "demo/a~0@3 warning finishing; demo/a~0@3 running; demo/a~0@3 passing ")
		say(fleet.Standing{Word: fleet.Finishing})
		say(fleet.Standing{Word: fleet.Done})
		after(time.Minute)
		want("who is done has ended, and is begun again", "demo/a~0@3 warning finishing; demo/a~0@3 running; demo/a~0@3 passing ")
		up.Store(false)
		s.Stop("demo/a~0", 3)
		after(time.Minute)
		want("who stops is not judged", "demo/a~0@3 stopped")
	})
}

// TestHeartbeat: who reports often enough is well, who falls silent is critical within three
// intervals.
func TestHeartbeat(t *testing.T) {
	entries := map[string]Func{"worker": func(ctx context.Context, self Self) error {
		for n := range 100 {
			if err := self.Say(fleet.Standing{Word: fleet.Ready, Busy: n % 100}); err != nil {
				return err
			}
			wait(ctx, 900*time.Millisecond)
		}
		<-ctx.Done()
		return nil
	}}
	probed(t, entries, func(s *Supervisor, d *diary, _ *atomic.Bool, _ string) {
		s.Want(Agent{ID: "demo/a~0", Epoch: 3, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "worker", Probe: fleet.Probe{Kind: fleet.ProbeBeat, Every: roster.Duration(time.Second)}}})
		after(89 * time.Second)
		if got := d.text(); got != "demo/a~0@3 running" {
			t.Error(got)
		}
		after(100*900*time.Millisecond - 89*time.Second + 3*time.Second - 900*time.Millisecond)
		if got := d.text(); !strings.Contains(got, "demo/a~0@3 critical heartbeat: it has said nothing for 2.") {
			t.Error(got)
		}
	})
}
