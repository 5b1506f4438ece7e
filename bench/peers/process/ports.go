package process

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// pollEvery is how often something that takes a moment is looked at again.
const pollEvery = 10 * time.Millisecond

// FreeAddress returns an address on loopback on which nobody listens, TCP or UDP.
func FreeAddress() (string, error) {
	for range 16 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", fmt.Errorf("process: %w", err)
		}
		address := l.Addr().String()
		packets, err := net.ListenPacket("udp", address)
		_ = l.Close()
		if err == nil {
			_ = packets.Close()
			return address, nil
		}
	}
	return "", errors.New("process: no port is free for TCP and UDP")
}

// FreeAddresses returns n different free addresses.
func FreeAddresses(n int) ([]string, error) {
	seen := map[string]bool{}
	out := make([]string, 0, n)
	for tries := 0; len(out) < n && tries < 16*n; tries++ {
		address, err := FreeAddress()
		if err != nil {
			return nil, err
		}
		if !seen[address] {
			seen[address] = true
			out = append(out, address)
		}
	}
	if len(out) < n {
		return nil, errors.New("process: too few free ports")
	}
	return out, nil
}

// Await tries f until it succeeds, and returns its last error when ctx ends first.
func Await(ctx context.Context, what string, f func(context.Context) error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	last := errors.New("was not tried")
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w: %w", what, context.Cause(ctx), last)
		case <-timer.C:
		}
		if last = f(ctx); last == nil {
			return nil
		}
		timer.Reset(pollEvery)
	}
}

// AwaitPort waits until somebody accepts connections at address. It comes before the
// first use of a client that waits ever longer between its attempts.
func AwaitPort(ctx context.Context, address string) error {
	return Await(ctx, "port "+address, func(ctx context.Context) error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	})
}
