package transport_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"roster"
	"roster/transport"
)

// The round trip of a call beside that of the same bytes over a bare connection, in
// one run: what authentication, framing and multiplexing cost.

const benchBody = 128

func BenchmarkCallRoundTrip(b *testing.B) {
	server := open(b, "b-1", func(c *transport.Config) {
		c.Handler = func(_ context.Context, _ roster.NodeID, _ uint8, body []byte) ([]byte, error) { return body, nil }
	})
	client := open(b, "a-1", nil)
	body := make([]byte, benchBody)
	call := func(b *testing.B) {
		if _, err := client.Call(b.Context(), server.Addr(), 1, body); err != nil {
			b.Error(err)
		}
	}
	call(b)
	b.Run("one", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			call(b)
		}
	})
	for _, callers := range []int{16, 128} {
		b.Run(map[int]string{16: "of16", 128: "of128"}[callers], func(b *testing.B) {
			b.ReportAllocs()
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					for range b.N/callers + min(1, max(0, b.N%callers-i)) {
						call(b)
					}
				})
			}
			wg.Wait()
		})
	}
}

func BenchmarkBareRoundTrip(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	body := make([]byte, benchBody)
	for b.Loop() {
		if _, err := c.Write(body); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, body); err != nil {
			b.Fatal(err)
		}
	}
}
