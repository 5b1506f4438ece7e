package holding

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"testing"

	"roster"
	"roster/node/founding"
	"roster/shard"
	"roster/shard/logstore"
	"roster/transport"
)

// alone is a network in which nobody else is.
type alone struct{}

func (alone) Listener(transport.Lane) net.Listener { return &silence{make(chan struct{})} }
func (alone) Dial(context.Context, string, transport.Lane) (net.Conn, error) {
	return nil, errors.New("nobody is there")
}

type silence struct{ closed chan struct{} }

func (s *silence) Accept() (net.Conn, error) { <-s.closed; return nil, net.ErrClosed }
func (s *silence) Close() error              { close(s.closed); return nil }
func (s *silence) Addr() net.Addr            { return &net.UnixAddr{Name: "alone"} }

// open opens the founder and the host of a node with a directory.
func open(t *testing.T, dir string, store logstore.Kind) (*founding.Founder, *shard.Host) {
	t.Helper()
	c := founding.Config{Cluster: "c", Name: "n", DataDir: dir, Durability: roster.DurabilitySync, Logger: slog.New(slog.DiscardHandler)}
	id, err := founding.LoadIdentity(c)
	must(t, err)
	host, err := shard.OpenHost(shard.Config{Node: id.NodeID, Dir: dir, Store: store, Network: alone{}})
	must(t, err)
	return founding.New(id, c), host
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestCrashWhileForgetting starts from what a crash leaves between any two steps: what was
// being deleted is gone, what had begun to be held is held, and the rest is untouched.
func TestCrashWhileForgetting(t *testing.T) {
	for _, store := range []logstore.Kind{logstore.Shared, logstore.Bolt} {
		for name, harm := range map[string]func(*testing.T, *shard.Host, string){
			"marked": func(*testing.T, *shard.Host, string) {},
			"half": func(t *testing.T, h *shard.Host, dir string) {
				must(t, os.Remove(filepath.Join(dir, "shards", "2", logstore.RecordFile)))
			},
			"deleted": func(t *testing.T, h *shard.Host, _ string) { must(t, h.Stores().Forget(2)) },
		} {
			t.Run(string(store)+" "+name, func(t *testing.T) { crashForgetting(t, store, harm) })
		}
	}
}

func crashForgetting(t *testing.T, store logstore.Kind, harm func(*testing.T, *shard.Host, string)) {
	dir, ctx := t.TempDir(), context.Background()
	f, h := open(t, dir, store)
	for _, s := range []roster.ShardID{1, 2, 3} {
		_, err := h.Open(ctx, s, []shard.Server{{ID: f.Look().NodeID}})
		must(t, err)
	}
	must(t, shut(ctx, h))
	must(t, f.Change(func(id *founding.Identity) error {
		id.Leaving, id.Absent = id.Leaving.With(2), id.Absent.With(3).With(4)
		return nil
	}))
	harm(t, h, dir)
	must(t, h.Close(ctx))
	for range 2 {
		f, h = open(t, dir, store)
		must(t, Restore(f, h))
		id := f.Look()
		if id.Leaving != 0 || !id.Absent.Has(2) || id.Absent.Has(3) || !id.Absent.Has(4) {
			t.Errorf("leaving %v, absent %v", id.Leaving.All(), id.Absent.All())
		}
		if h.Stores().Present(1) != nil || h.Stores().Present(2) == nil || h.Stores().Present(3) != nil {
			t.Errorf("there are 1: %v, 2: %v, 3: %v", h.Stores().Present(1), h.Stores().Present(2), h.Stores().Present(3))
		}
		if _, err := os.Stat(filepath.Join(dir, "shards", "2")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the directory of shard 2: %v", err)
		}
		g, err := h.Open(ctx, 2, nil) // as new
		must(t, err)
		if voters, _ := g.Servers(); len(voters) > 0 {
			t.Errorf("shard 2 remembers %v", voters)
		}
		must(t, shut(ctx, h))
		must(t, h.Stores().Forget(2))
		must(t, h.Close(ctx))
	}
}

func shut(ctx context.Context, h *shard.Host) error {
	_, err := h.Shut(ctx, 2)
	return err
}
