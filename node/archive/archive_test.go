package archive

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"roster"
	"roster/backup"
	"roster/fsm"
	"roster/internal/bubble"
	"roster/node/router"
	"roster/shard"
	"roster/transport"
)

// alone is the network of a node that has no peers.
type alone struct{}

func (alone) Listener(transport.Lane) net.Listener { return &silence{closed: make(chan struct{})} }

func (alone) Dial(context.Context, string, transport.Lane) (net.Conn, error) {
	return nil, errors.New("there is nobody else")
}

type silence struct{ closed chan struct{} }

func (s *silence) Accept() (net.Conn, error) { <-s.closed; return nil, net.ErrClosed }
func (s *silence) Close() error              { close(s.closed); return nil }
func (s *silence) Addr() net.Addr            { return &net.UnixAddr{Name: "alone"} }

// solo is a cluster of one node, without the node.
type solo struct {
	*testing.T
	*Archiver
	host   *shard.Host
	router *router.Router
	pauses []bool // what Hold and release did
}

func run(t *testing.T, test func(*solo)) {
	t.Helper()
	bubble.Test(t, func(t *testing.T) {
		host, err := shard.OpenHost(shard.Config{Node: "n1", Network: alone{}})
		must(t, err)
		defer func() {
			must(t, host.Close(context.Background()))
			<-time.After(2 * time.Minute) // of virtual time: Raft has waits that nobody ends
		}()
		for id := range roster.ShardID(3) {
			g, err := host.Open(t.Context(), id, []shard.Server{{ID: "n1"}})
			must(t, err)
			<-g.Leading()
		}
		s := &solo{T: t, host: host, router: router.New(router.Config{Self: "n1", Groups: host.Group})}
		defer s.router.Close()
		s.Archiver = New(Config{Router: s.router, Hold: s.hold, Shards: func() int { return 3 }, Version: "1"})
		slots := make([]roster.ShardID, roster.SlotCount)
		for i := range slots {
			slots[i] = 1
		}
		s.change(func(m *roster.ClusterMap) {
			m.Cluster, m.Slots, m.Shards = "test", slots, []roster.ShardVoters{{ID: 0}, {ID: 1}, {ID: 2}}
		})
		test(s)
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *solo) chartNow() (m roster.ClusterMap) {
	system, _ := s.host.Group(roster.SystemShard)
	_, err := system.View(func(v *fsm.View) error { m = v.Map(); return nil })
	must(s.T, err)
	return m
}

func (s *solo) change(edit func(*roster.ClusterMap)) {
	m := s.chartNow()
	version := m.Version
	edit(&m)
	_, err := s.router.ProposeOwn(s.Context(), roster.SystemShard, roster.SetMap{If: version, Map: m})
	must(s.T, err)
}

func (s *solo) hold(ctx context.Context) (func(context.Context) error, error) {
	return func(ctx context.Context) error { return s.pause(ctx, false) }, s.pause(ctx, true)
}

func (s *solo) pause(_ context.Context, paused bool) error {
	s.pauses = append(s.pauses, paused)
	s.change(func(m *roster.ClusterMap) { m.Paused = paused })
	return nil
}

// register enters an agent in shard 1.
func (s *solo) register(id roster.AgentID) {
	_, err := s.router.ProposeOwn(s.Context(), 1, roster.Register{Agent: roster.Agent{ID: id}})
	must(s.T, err)
}

// TestCut: an archive has what was acknowledged before, moves are paused for the cut and go
// on after it, and not longer than that: also when the reader fails.
func TestCut(t *testing.T) {
	run(t, func(s *solo) {
		s.register("demo/a")
		var b bytes.Buffer
		must(s.T, s.Backup(s.Context(), &b))
		a, err := backup.Read(bytes.NewReader(b.Bytes()), int64(b.Len()))
		must(s.T, err)
		m := fsm.New(1)
		must(s.T, m.Restore(a.State(1)))
		if _, there := m.Lookup("demo/a"); !there || a.Cluster != "test" || a.MapVersion != 2 || a.Shards[1].Term == 0 {
			s.Errorf("archived %+v", a.Manifest)
		}
		if fmt.Sprint(s.pauses) != "[true false]" || s.chartNow().Paused {
			s.Errorf("pauses %v, map %+v", s.pauses, s.chartNow().Paused)
		}
		if err := s.Backup(s.Context(), failing{}); !errors.Is(err, io.ErrClosedPipe) || s.chartNow().Paused {
			s.Errorf("a reader that leaves: %v", err)
		}
	})
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestOperatorsPauseStays: what was paused before stays so.
func TestOperatorsPauseStays(t *testing.T) {
	run(t, func(s *solo) {
		s.change(func(m *roster.ClusterMap) { m.Paused = true })
		must(s.T, s.Backup(s.Context(), io.Discard))
		if len(s.pauses) != 0 || !s.chartNow().Paused {
			s.Errorf("pauses %v, paused %v", s.pauses, s.chartNow().Paused)
		}
	})
}

// TestVoidWhenTheMapChanges: a cut in which the map changed is refused before a byte of it
// is written, and moves go on all the same; one that stands still the last time is good.
func TestVoidWhenTheMapChanges(t *testing.T) {
	run(t, func(s *solo) {
		cuts, restless := 0, MaxCuts
		s.between = func() {
			if cuts++; cuts <= restless {
				s.change(func(m *roster.ClusterMap) { m.Draining = []roster.NodeID{"n9"} })
			}
		}
		var b bytes.Buffer
		if err := s.Backup(s.Context(), &b); roster.CodeOf(err) != roster.CodeConflict || b.Len() != 0 {
			s.Errorf("%d bytes, %v", b.Len(), err)
		}
		if s.chartNow().Paused {
			s.Error("it stays paused")
		}
		cuts, restless = 0, MaxCuts-1
		must(s.T, s.Backup(s.Context(), &b))
		if cuts != MaxCuts {
			s.Errorf("%d cuts", cuts)
		}
	})
}

// TestOneAtATime: who asks while an archive is written is told to come back.
func TestOneAtATime(t *testing.T) {
	run(t, func(s *solo) {
		within := &asking{s: s}
		must(s.T, s.Backup(s.Context(), within))
		if roster.CodeOf(within.err) != roster.CodeOverloaded {
			s.Errorf("the second: %v", within.err)
		}
	})
}

// asking is a reader who asks for another archive.
type asking struct {
	s   *solo
	err error
}

func (a *asking) Write(b []byte) (int, error) {
	a.err = a.s.Backup(context.Background(), io.Discard)
	return len(b), nil
}
