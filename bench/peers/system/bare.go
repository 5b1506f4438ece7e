package system

import (
	"context"
	"fmt"

	"roster/bench/peers/process"
	"roster/bench/peers/serve"
)

// Bare is a net/http server that does nothing: what HTTP costs by itself.
type Bare struct {
	servers
	address string
}

var _ System = (*Bare)(nil)

// NewBare returns a bare server in site; program is this program.
func NewBare(site *process.Site, program string) *Bare {
	b := &Bare{servers: servers{site: site}}
	b.launch = func(int) (*process.Process, error) {
		return site.Start("bare", program, append([]string{"serve-bare"}, serve.Member{Client: b.address}.Args()...)...)
	}
	return b
}

// Name implements System.
func (b *Bare) Name() string { return "bare" }

// About implements System.
func (b *Bare) About() string {
	return "a bare net/http server that answers as many bytes as Roster, asked by the same client: no store, the ceiling of HTTP/1.1 here"
}

// Stores implements System.
func (b *Bare) Stores() []string { return []string{"bare"} }

// Start implements System.
func (b *Bare) Start(ctx context.Context) error {
	var err error
	if b.address, err = process.FreeAddress(); err != nil {
		return err
	}
	if err = b.startAll(ctx, 1); err != nil {
		return err
	}
	return b.Ready(ctx)
}

// Ready implements System.
func (b *Bare) Ready(ctx context.Context) error {
	return b.await(ctx, "the bare server is ready", func(ctx context.Context) error { return process.AwaitPort(ctx, b.address) })
}

// Leader implements System.
func (b *Bare) Leader(context.Context) (int, error) { return 0, nil }

// Connect implements System.
func (b *Bare) Connect(_ context.Context, _ string, callers int) (Store, error) {
	return newLean([]string{b.address}, callers), nil
}

// ConnectTo implements System.
func (b *Bare) ConnectTo(ctx context.Context, _ int) (Store, error) { return b.Connect(ctx, "", 1) }

// Surviving implements System.
func (b *Bare) Surviving(context.Context) (Store, []string, error) {
	return nil, nil, fmt.Errorf("bare: it stores nothing")
}
