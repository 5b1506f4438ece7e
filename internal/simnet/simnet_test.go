package simnet_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"roster/internal/bubble"
	"roster/internal/simnet"
)

// pair connects host 2 to a listener on host 1.
func pair(t *testing.T, n *simnet.Net) (out, in net.Conn) {
	t.Helper()
	l, p, err := n.Host(1).Listen(t.Context(), ":7500")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer l.Close()
	if out, err = n.Host(2).Dial(t.Context(), l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if in, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return out, in
}

func read(t *testing.T, c net.Conn, want string) {
	t.Helper()
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("read %q, %v; want %q", b, err, want)
	}
}

func write(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
}

func TestConnDelaysAndKeepsOrder(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(7)
		out, in := pair(t, n)
		n.SetLinks(simnet.Link{DelayMin: time.Millisecond, DelayMax: time.Second})
		begin := time.Now()
		for _, s := range []string{"one ", "two ", "three ", "four"} {
			write(t, out, s)
		}
		read(t, in, "one two three four")
		if took := time.Since(begin); took < time.Millisecond || took > time.Second {
			t.Errorf("took %v", took)
		}
		out.Close()
		if _, err := in.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read after the other end closed: %v", err)
		}
		in.Close()
	})
}

func TestBlockedLinkStallsConnsAndDropsPackets(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		a, b := n.Host(1), n.Host(2)
		out, in := pair(t, n)
		_, pa, err := a.Listen(t.Context(), ":1")
		if err != nil {
			t.Fatal(err)
		}
		_, pb, err := b.Listen(t.Context(), ":1")
		if err != nil {
			t.Fatal(err)
		}
		n.Block(a, b)
		write(t, out, "late")
		if _, err := pa.WriteTo([]byte("lost"), pb.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		in.SetReadDeadline(time.Now().Add(time.Hour))
		if _, err := in.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("read over a blocked link: %v", err)
		}
		in.SetReadDeadline(time.Time{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Dial(ctx, "10.0.0.1:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("dial over a blocked link: %v", err)
		}
		time.AfterFunc(time.Minute, n.Heal)
		read(t, in, "late")
		if _, err := pa.WriteTo([]byte("here"), pb.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 9)
		if size, from, err := pb.ReadFrom(buf); err != nil || string(buf[:size]) != "here" || from.String() != "10.0.0.1:1" {
			t.Fatalf("packet %q from %v, %v", buf[:size], from, err)
		}
		n.Kill(a)
		n.Kill(b)
	})
}

func TestOneWayBlockAndIsolation(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		out, in := pair(t, n) // host 2 dialled host 1
		n.BlockOneWay(n.Host(1), n.Host(2))
		write(t, out, "there")
		read(t, in, "there")
		write(t, in, "back")
		out.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := out.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("read against the cut direction: %v", err)
		}
		out.SetReadDeadline(time.Time{})
		n.Heal()
		n.Isolate(n.Host(2))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := n.Host(3).Dial(ctx, "10.0.0.2:1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("dial to an isolated host: %v", err)
		}
		n.Heal()
		read(t, out, "back")
		out.Close()
		in.Close()
	})
}

func TestKillResetsAndRefuses(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		out, in := pair(t, n)
		n.Kill(n.Host(1))
		if _, err := out.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("peer of a killed host reads %v", err)
		}
		if _, err := in.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("killed host reads %v", err)
		}
		if _, err := out.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("peer of a killed host writes %v", err)
		}
		if _, err := n.Host(2).Dial(t.Context(), "10.0.0.1:7500"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial to a killed host: %v", err)
		}
		out.Close()
	})
}

func TestPacketsAreLostAtTheRateOfTheLinkAndRepeatably(t *testing.T) {
	run := func(seed uint64) (arrived int) {
		bubble.Test(t, func(t *testing.T) {
			n := simnet.New(seed)
			n.SetLinks(simnet.Link{Drop: 0.25})
			_, pa, _ := n.Host(1).Listen(t.Context(), ":1")
			_, pb, _ := n.Host(2).Listen(t.Context(), ":1")
			for range 1000 {
				if _, err := pa.WriteTo([]byte("x"), pb.LocalAddr()); err != nil {
					t.Fatal(err)
				}
			}
			pb.SetReadDeadline(time.Now().Add(time.Second))
			for {
				if _, _, err := pb.ReadFrom(make([]byte, 1)); err != nil {
					break
				}
				arrived++
			}
			n.Kill(n.Host(1))
			n.Kill(n.Host(2))
		})
		return arrived
	}
	first := run(5)
	if first < 700 || first > 800 {
		t.Errorf("%d of 1000 packets arrived at a loss of one in four", first)
	}
	if again := run(5); again != first {
		t.Errorf("seed 5 delivered %d, then %d", first, again)
	}
}

// TestShape: what a shape says holds for every direction, and what was before is gone.
func TestShape(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		out, in := pair(t, n)
		_, pa, _ := n.Host(3).Listen(t.Context(), ":1")
		n.Isolate(n.Host(1))
		n.SetLink(n.Host(3), n.Host(2), simnet.Link{Drop: 1})
		n.Shape(func(from, to *simnet.Host) (simnet.Link, bool) {
			return simnet.Link{Duplicate: 1}, from == n.Host(1) && to == n.Host(2)
		})
		write(t, out, "there")
		read(t, in, "there")
		write(t, in, "back")
		out.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := out.Read(make([]byte, 4)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read against the cut direction: %v", err)
		}
		_, pb, _ := n.Host(2).Listen(t.Context(), ":1")
		if _, err := pa.WriteTo([]byte("x"), pb.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		for i := range 2 {
			if _, _, err := pb.ReadFrom(make([]byte, 1)); err != nil {
				t.Errorf("copy %d: %v", i, err)
			}
		}
		for host := range uint16(3) {
			n.Kill(n.Host(host + 1))
		}
	})
}

func TestFullSocketDropsPackets(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		_, pa, _ := n.Host(1).Listen(t.Context(), ":1")
		_, pb, _ := n.Host(2).Listen(t.Context(), ":1")
		for range 5000 {
			if _, err := pa.WriteTo([]byte("x"), pb.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		<-time.After(time.Second)
		pb.SetReadDeadline(time.Now().Add(time.Second))
		arrived := 0
		for {
			if _, _, err := pb.ReadFrom(make([]byte, 1)); err != nil {
				break
			}
			arrived++
		}
		if arrived != 1024 {
			t.Errorf("%d packets waited at a socket for 1024", arrived)
		}
		n.Kill(n.Host(1))
		n.Kill(n.Host(2))
	})
}

func TestNamesAndPorts(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n := simnet.New(1)
		l, p, err := n.Host(1).Listen(t.Context(), ":0")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := n.Host(1).Listen(t.Context(), l.Addr().String()); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("listening twice: %v", err)
		}
		if l.Addr().String() != p.LocalAddr().String() {
			t.Errorf("TCP %v and UDP %v differ", l.Addr(), p.LocalAddr())
		}
		if _, err := n.Lookup(t.Context(), "seeds"); err == nil {
			t.Error("an unknown name has addresses")
		}
		n.Name("seeds", n.Host(1), n.Host(2))
		if ips, err := n.Lookup(t.Context(), "seeds"); err != nil || len(ips) != 2 || ips[0] != "10.0.0.1" {
			t.Errorf("seeds = %v, %v", ips, err)
		}
		n.Kill(n.Host(1))
	})
}
