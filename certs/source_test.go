package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster/certs"
	"roster/internal/bubble"
	"roster/internal/simnet"
)

// running is a node's security while somebody runs its source.
type running struct {
	*certs.Nodes
	log   *bytes.Buffer
	files certs.Files
}

func run(t *testing.T, ca issuer, name string) running {
	t.Helper()
	r := running{log: new(bytes.Buffer), files: newFiles(t)}
	ca.put(r.files, node(name))
	var err error
	if r.Nodes, err = certs.OpenNodes(r.files, "prod", name); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() { r.Run(ctx, slog.New(slog.NewTextHandler(r.log, nil))) })
	t.Cleanup(func() { cancel(); done.Wait() })
	return r
}

// looked waits until the source has looked at its files again.
func looked() {
	<-time.After(certs.PollEvery + time.Second)
	synctest.Wait()
}

// meet makes a connection between two nodes, and returns its ends.
func meet(t *testing.T, n *simnet.Net, a, b *certs.Nodes) (from, to *tls.Conn) {
	t.Helper()
	l, udp, err := n.Host(2).Listen(t.Context(), ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close(); _ = udp.Close() }()
	raw, err := n.Host(1).Dial(t.Context(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	from, to = a.Client(raw), b.Server(other)
	t.Cleanup(func() { _ = raw.Close(); _ = other.Close() })
	return from, to
}

// greet carries out both sides of a handshake.
func greet(from, to *tls.Conn) (dialled, accepted error) {
	var both sync.WaitGroup
	both.Go(func() {
		if accepted = to.Handshake(); accepted != nil {
			_ = to.Close()
		}
	})
	if dialled = from.Handshake(); dialled != nil {
		_ = from.Close()
	}
	both.Wait()
	return dialled, accepted
}

func serial(c *tls.Conn) string { return c.ConnectionState().PeerCertificates[0].SerialNumber.String() }

// TestReload: a new pair is shown to new connections, and the old ones go on; bad
// files change nothing and are told once.
func TestReload(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, ca := simnet.New(1), newIssuer(t, "prod")
		a, b := run(t, ca, "a"), run(t, ca, "b")
		old, oldEnd := meet(t, n, a.Nodes, b.Nodes)
		if from, to := greet(old, oldEnd); from != nil || to != nil {
			t.Fatal(from, to)
		}

		ca.put(b.files, node("b"))
		looked()
		renewed, end := meet(t, n, a.Nodes, b.Nodes)
		if from, to := greet(renewed, end); from != nil || to != nil {
			t.Fatal(from, to)
		}
		if serial(old) == serial(renewed) {
			t.Error("the new certificate is not shown")
		}
		echo(t, old, oldEnd)

		before := b.Current()
		write(t, b.files.Key, ca.issue(node("b"), time.Now()).Key)
		for range 3 {
			looked()
		}
		if b.Current() != before {
			t.Error("a pair that does not match was taken")
		}
		if got := strings.Count(b.log.String(), "level=ERROR"); got != 1 {
			t.Errorf("told %d times:\n%s", got, b.log)
		}
		ca.put(b.files, node("other"))
		looked()
		if b.Current() != before {
			t.Error("another's certificate was taken")
		}
		if err := os.Remove(b.files.CA); err != nil {
			t.Fatal(err)
		}
		looked()
		ca.put(b.files, node("b"))
		looked()
		if b.Current() == before {
			t.Error("a good pair after bad ones was not taken")
		}
	})
}

func echo(t *testing.T, from, to net.Conn) {
	t.Helper()
	if _, err := from.Write([]byte("on")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 2)
	if _, err := to.Read(got); err != nil || string(got) != "on" {
		t.Errorf("an old connection carried %q, %v", got, err)
	}
}

// TestBeginsLater: a certificate that has yet to begin is taken when it does.
func TestBeginsLater(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		ca := newIssuer(t, "prod")
		a := run(t, ca, "a")
		before := a.Current()
		p := ca.issue(node("a"), time.Now().Add(30*time.Minute))
		write(t, a.files.Cert, p.Cert)
		write(t, a.files.Key, p.Key)
		looked()
		if a.Current() != before {
			t.Error("taken before it begins")
		}
		<-time.After(time.Hour)
		if a.Current() == before {
			t.Error("not taken when it has begun")
		}
		if got := strings.Count(a.log.String(), "level=ERROR"); got != 1 {
			t.Errorf("told %d times:\n%s", got, a.log)
		}
	})
}

// TestChangeOfCA: with both CAs in every node's file, certificates change one by one.
func TestChangeOfCA(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, first, second := simnet.New(1), newIssuer(t, "prod"), newIssuer(t, "prod")
		a, b := run(t, first, "a"), run(t, first, "b")
		talk := func(when string, wanted bool) {
			t.Helper()
			from, to := meet(t, n, a.Nodes, b.Nodes)
			dialled, accepted := greet(from, to)
			if (dialled == nil && accepted == nil) != wanted {
				t.Errorf("%s: %v, %v", when, dialled, accepted)
			}
		}
		talk("one CA", true)
		both := append(bytes.Clone(first.ca.Cert), second.ca.Cert...)
		write(t, a.files.CA, both)
		write(t, b.files.CA, both)
		looked()
		second.put(b.files, node("b"))
		write(t, b.files.CA, both)
		looked()
		talk("both CAs", true)
		second.put(a.files, node("a"))
		second.put(b.files, node("b"))
		looked()
		talk("the new CA", true)
		first.put(b.files, node("b"))
		looked()
		talk("one of the old CA", false)
	})
}

// TestEndOfCertificate: it is told beforehand, and then nobody is let in.
func TestEndOfCertificate(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		n, ca := simnet.New(1), newIssuer(t, "prod")
		a, b := run(t, ca, "a"), run(t, ca, "b")
		looked()
		if !strings.Contains(a.log.String(), "certificate ends soon") {
			t.Errorf("not told:\n%s", a.log)
		}
		<-time.After(2 * time.Hour)
		dialled, accepted := greet(meet(t, n, a.Nodes, b.Nodes))
		if dialled == nil && accepted == nil {
			t.Error("expired certificates were taken")
		}
	})
}
