package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"roster"
	"roster/internal/bubble"
	"roster/internal/simnet"
	"roster/transport"
)

// simulated opens a transport on a host of a simulated network.
func simulated(t *testing.T, h *simnet.Host, handler transport.Handler) *transport.Transport {
	t.Helper()
	tr, err := transport.Open(t.Context(), transport.Config{
		Network: h, Bind: ":7500", Cluster: "prod", Key: testKey, Node: roster.NodeID("node-" + h.IP()), Handler: handler,
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// pairOf runs f with two transports in a bubble: a caller and a server.
func pairOf(t *testing.T, handler transport.Handler, f func(t *testing.T, net *simnet.Net, a, b *transport.Transport)) {
	bubble.Test(t, func(t *testing.T) {
		net := simnet.New(1)
		a, b := simulated(t, net.Host(1), nil), simulated(t, net.Host(2), handler)
		f(t, net, a, b)
		for _, tr := range []*transport.Transport{a, b} {
			if err := tr.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	})
}

func timeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func wantCode(t *testing.T, what string, err error, want roster.Code) {
	t.Helper()
	if roster.CodeOf(err) != want {
		t.Errorf("%s: %v; want %s", what, err, want)
	}
}

func TestCallsOverACutLink(t *testing.T) {
	pairOf(t, echo, func(t *testing.T, net *simnet.Net, a, b *transport.Transport) {
		net.Block(net.Host(1), net.Host(2))
		_, err := a.Call(timeout(t, time.Second), b.Addr(), 1, nil)
		wantCode(t, "no connection yet", err, roster.CodeUnavailable)
		net.Heal()
		if _, err := a.Call(timeout(t, time.Second), b.Addr(), 1, nil); err != nil {
			t.Fatalf("after healing: %v", err)
		}
		net.Block(net.Host(1), net.Host(2))
		_, err = a.Call(timeout(t, time.Second), b.Addr(), 1, nil)
		wantCode(t, "connected", err, roster.CodeUnknown)
		net.Heal()
		if _, err := a.Call(timeout(t, time.Second), b.Addr(), 1, nil); err != nil {
			t.Fatalf("after healing again: %v", err)
		}
	})
}

func TestSilentPeerIsGivenUp(t *testing.T) {
	pairOf(t, echo, func(t *testing.T, net *simnet.Net, a, b *transport.Transport) {
		if _, err := a.Call(t.Context(), b.Addr(), 1, nil); err != nil {
			t.Fatal(err)
		}
		net.Isolate(net.Host(2))
		begin := time.Now()
		_, err := a.Call(timeout(t, time.Hour), b.Addr(), 1, nil)
		wantCode(t, "silent peer", err, roster.CodeUnknown)
		if took := time.Since(begin); took < 3*time.Second || took > 6*time.Second {
			t.Errorf("given up after %v", took)
		}
	})
}

func TestSlowHandlerKeepsItsConnection(t *testing.T) {
	slow := func(ctx context.Context, _ roster.NodeID, _ uint8, _ []byte) ([]byte, error) {
		select {
		case <-time.After(30 * time.Second):
			return []byte("done"), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	pairOf(t, slow, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		got, err := a.Call(t.Context(), b.Addr(), 1, nil)
		if err != nil || string(got) != "done" {
			t.Fatalf("Call = %q, %v", got, err)
		}
	})
}

func TestDeadlineTravels(t *testing.T) {
	var saw chan time.Duration // made inside the bubble, as its waits must be
	pairOf(t, func(ctx context.Context, _ roster.NodeID, _ uint8, _ []byte) ([]byte, error) {
		deadline, _ := ctx.Deadline()
		saw <- time.Until(deadline)
		return nil, nil
	}, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		saw = make(chan time.Duration, 1)
		if _, err := a.Call(timeout(t, 700*time.Millisecond), b.Addr(), 1, nil); err != nil {
			t.Fatal(err)
		}
		if got := <-saw; got < 600*time.Millisecond || got > 700*time.Millisecond {
			t.Errorf("handler has %v left of 700 ms", got)
		}
	})
}

func TestCancelledCallsAreAbandoned(t *testing.T) {
	pairOf(t, func(ctx context.Context, _ roster.NodeID, method uint8, _ []byte) ([]byte, error) {
		if method == 1 {
			<-time.After(time.Second) // an answer that comes too late
		}
		return []byte{method}, nil
	}, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		_, err := a.Call(timeout(t, 500*time.Millisecond), b.Addr(), 1, nil)
		wantCode(t, "abandoned", err, roster.CodeUnknown)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v does not wrap the context's error", err)
		}
		<-time.After(2 * time.Second) // the late answer arrives and is dropped
		got, err := a.Call(t.Context(), b.Addr(), 2, nil)
		if err != nil || !bytes.Equal(got, []byte{2}) {
			t.Fatalf("next call = %v, %v", got, err)
		}
	})
}

func TestTooManyCallsAreOverloaded(t *testing.T) {
	pairOf(t, func(ctx context.Context, _ roster.NodeID, _ uint8, _ []byte) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		ctx, cancel := context.WithCancel(t.Context())
		codes := make(chan roster.Code)
		for range transport.InFlightMax + 10 {
			go func() {
				_, err := a.Call(ctx, b.Addr(), 1, nil)
				codes <- roster.CodeOf(err)
			}()
		}
		for range 10 {
			if got := <-codes; got != roster.CodeOverloaded {
				t.Errorf("call beyond the limit: %s", got)
			}
		}
		synctest.Wait() // until every call has been sent
		cancel()
		for range transport.InFlightMax {
			if got := <-codes; got != roster.CodeUnknown {
				t.Errorf("call within the limit: %s", got)
			}
		}
	})
}

func TestManyCallsShareOneConnection(t *testing.T) {
	pairOf(t, echo, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		var wg sync.WaitGroup
		for i := range 500 {
			wg.Go(func() {
				body := fmt.Append(nil, i)
				got, err := a.Call(t.Context(), b.Addr(), 'x', body)
				if want := "node-10.0.0.1:" + string(body) + "x"; err != nil || string(got) != want {
					t.Errorf("Call = %q, %v; want %q", got, err, want)
				}
			})
		}
		wg.Wait()
	})
}

func TestKilledServerAndRestart(t *testing.T) {
	var started chan struct{} // made inside the bubble, as its waits must be
	pairOf(t, func(ctx context.Context, _ roster.NodeID, method uint8, _ []byte) ([]byte, error) {
		if method == 1 {
			started <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, nil
	}, func(t *testing.T, net *simnet.Net, a, b *transport.Transport) {
		started = make(chan struct{}, 1)
		go func() {
			<-started
			net.Kill(net.Host(2))
		}()
		_, err := a.Call(t.Context(), b.Addr(), 1, nil)
		wantCode(t, "killed while at work", err, roster.CodeUnknown)
		_, err = a.Call(t.Context(), b.Addr(), 2, nil)
		wantCode(t, "nobody listens", err, roster.CodeUnavailable)
		back := simulated(t, net.Host(2), echo)
		if _, err := a.Call(t.Context(), b.Addr(), 2, nil); err != nil {
			t.Errorf("after the restart: %v", err)
		}
		if err := back.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestPanickingHandlerFailsOneCall(t *testing.T) {
	pairOf(t, func(_ context.Context, _ roster.NodeID, method uint8, _ []byte) ([]byte, error) {
		if method == 1 {
			panic("broken")
		}
		return nil, nil
	}, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		_, err := a.Call(t.Context(), b.Addr(), 1, nil)
		wantCode(t, "panic", err, roster.CodeInternal)
		if _, err := a.Call(t.Context(), b.Addr(), 2, nil); err != nil {
			t.Errorf("the call after it: %v", err)
		}
	})
}

func TestBodiesUpToTheLimit(t *testing.T) {
	pairOf(t, func(_ context.Context, _ roster.NodeID, method uint8, body []byte) ([]byte, error) {
		if method == 1 {
			return make([]byte, transport.FrameMax+1), nil
		}
		return body, nil
	}, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		big := bytes.Repeat([]byte{5}, transport.FrameMax)
		if got, err := a.Call(t.Context(), b.Addr(), 2, big); err != nil || !bytes.Equal(got, big) {
			t.Errorf("largest body: %d bytes, %v", len(got), err)
		}
		_, err := a.Call(t.Context(), b.Addr(), 2, append(big, 0))
		wantCode(t, "request too large", err, roster.CodeTooLarge)
		_, err = a.Call(t.Context(), b.Addr(), 1, nil)
		wantCode(t, "answer too large", err, roster.CodeTooLarge)
	})
}

func TestIdleConnectionIsClosedAndOpenedAgain(t *testing.T) {
	pairOf(t, echo, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		for range 3 {
			if _, err := a.Call(t.Context(), b.Addr(), 1, nil); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Minute)
		}
	})
}

func TestStreamSurvivesACut(t *testing.T) {
	pairOf(t, nil, func(t *testing.T, net *simnet.Net, a, b *transport.Transport) {
		l := b.Listener(transport.LaneRaft)
		out, err := a.Dial(t.Context(), b.Addr(), transport.LaneRaft)
		if err != nil {
			t.Fatal(err)
		}
		in, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		net.Block(net.Host(1), net.Host(2))
		if _, err := out.Write([]byte("stalled")); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, net.Heal)
		begin := time.Now()
		got := make([]byte, 7)
		if _, err := io.ReadFull(in, got); err != nil || string(got) != "stalled" || time.Since(begin) < time.Minute {
			t.Errorf("read %q, %v after %v", got, err, time.Since(begin))
		}
	})
}

func TestNoHandlerRefusesCalls(t *testing.T) {
	pairOf(t, nil, func(t *testing.T, _ *simnet.Net, a, b *transport.Transport) {
		_, err := a.Call(t.Context(), b.Addr(), 1, nil)
		wantCode(t, "no handler", err, roster.CodeUnavailable)
	})
}

func TestCloseEndsEverything(t *testing.T) {
	bubble.Test(t, func(t *testing.T) {
		net := simnet.New(1)
		a := simulated(t, net.Host(1), nil)
		b := simulated(t, net.Host(2), func(ctx context.Context, _ roster.NodeID, _ uint8, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		raft := b.Listener(transport.LaneRaft)
		failed := make(chan error)
		go func() {
			_, err := a.Call(t.Context(), b.Addr(), 1, nil)
			failed <- err
		}()
		synctest.Wait()
		go func() {
			_, err := raft.Accept()
			failed <- err
		}()
		if err := b.Close(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-failed; err == nil {
				t.Error("something goes on after Close")
			}
		}
		if _, err := b.Listener(transport.LaneSnapshot).Accept(); err == nil {
			t.Error("a listener opened after Close accepts")
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
		_, err := a.Call(t.Context(), b.Addr(), 1, nil)
		wantCode(t, "closed transport", err, roster.CodeUnavailable)
	})
}
