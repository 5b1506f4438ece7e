package nemesis

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"time"

	"roster"
	"roster/node"
)

const (
	// lastWords is how long the machine of a killed process still tells its peers so.
	lastWords = 2 * time.Millisecond
	// askWithin bounds what an operator asks of one node after another.
	askWithin = 2 * time.Second
)

// kill ends the nodes that run, all at once. A process that ends leaves a machine that
// resets its connections, and refuses others once the process is gone.
func (r *run) kill(nodes []int, power bool) {
	running := slices.DeleteFunc(slices.Clone(nodes), func(i int) bool { return r.c.Node(i) == nil })
	for _, i := range running {
		r.gone[i] = power
	}
	r.shape()
	for _, i := range running {
		if power || r.excuse[i] {
			r.c.PowerOff(i) // or what hangs in the disk would hold up the end
		}
		r.c.Net.Kill(r.c.Host(i))
	}
	<-time.After(lastWords)
	r.close(running)
	for _, i := range running {
		r.gone[i] = power
	}
	r.shape()
}

// close ends nodes of which nobody hears a word any more.
func (r *run) close(nodes []int) {
	for _, i := range nodes {
		r.gone[i] = true
	}
	r.shape()
	var all sync.WaitGroup
	for _, i := range nodes {
		all.Go(func() { r.c.Stop(i) })
	}
	all.Wait()
}

// supervise ends the nodes that have stopped by themselves, and starts those that are
// down and that no fault holds down.
func (r *run) supervise() {
	for i := range r.c.Size() {
		if n := r.c.Node(i); n != nil && stopped(n) {
			r.tell("n%d stopped by itself: %v", i, n.Err())
			if !r.excuse[i] && !r.left[i] {
				r.c.Errorf("node %d stopped by itself: %v", i, n.Err())
			}
			r.kill([]int{i}, false)
		}
		if r.c.Node(i) == nil && !r.left[i] && !r.held(i) {
			r.gone[i], r.excuse[i] = false, false
			r.shape()
			r.c.MendDisk(i)
			r.c.Start(i)
			r.tell("n%d started", i)
		}
	}
}

func stopped(n *node.Node) bool {
	select {
	case <-n.Done():
		return true
	default:
		return false
	}
}

// held reports whether a fault that goes on keeps node i down.
func (r *run) held(i int) bool {
	for _, f := range r.active { // order-free: any of them
		if slices.Contains(f.Nodes, i) && slices.Contains([]Kind{Kill, PowerCut, Pause, HungDisk, BadDisk}, f.Kind) {
			return true
		}
	}
	return false
}

// spoil makes disks slow, hang or fail.
func (r *run) spoil(f Fault) {
	for _, i := range f.Nodes {
		r.excuse[i] = r.excuse[i] || f.Kind != SlowDisk
		switch f.Kind {
		case SlowDisk:
			r.c.SlowDisk(i, f.By)
		case BadDisk:
			r.c.FailDisk(i, syscall.ENOSPC)
		default:
			r.c.StallDisk(i)
		}
	}
}

func (r *run) mend(f Fault) {
	for _, i := range f.Nodes {
		r.c.MendDisk(i)
	}
}

// drain asks some node to take the votes off node i, or to let it vote again. A cluster
// with too few nodes for that keeps the wish.
func (r *run) drain(i int, on bool) error {
	if r.left[i] {
		return nil
	}
	r.asked[i] = r.asked[i] || on
	err := r.ask(i, func(ctx context.Context, n *node.Node) error { return n.Drain(ctx, r.ids[i], on) })
	if err == nil && !on {
		r.asked[i] = false
	}
	r.tell("n%d drained (%v): %v", i, on, err)
	return err
}

// handOver lets a node give away what it leads, as it does before it is closed.
func (r *run) handOver(i int) {
	n := r.c.Node(i)
	if n == nil {
		return
	}
	r.handing.Go(func() {
		ctx, cancel := context.WithTimeout(r.c.Over(), askWithin)
		defer cancel()
		n.HandOver(ctx)
	})
}

// settle lets node i vote again if it was drained, or go if it has left already: who asked
// for that need not have heard.
func (r *run) settle(i int) error {
	if !r.asked[i] {
		return nil
	}
	err := r.drain(i, false)
	if roster.CodeOf(err) == roster.CodeRefused {
		return r.leave(i)
	}
	return err
}

// ask asks the running nodes, those other than node i first, until one does it.
func (r *run) ask(i int, do func(context.Context, *node.Node) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	err := error(roster.Errorf(roster.CodeUnavailable, "nobody runs"))
	for k := range r.c.Size() {
		n := r.c.Node((i + 1 + k) % r.c.Size())
		if n == nil {
			continue
		}
		if err = do(ctx, n); err == nil {
			return nil
		}
	}
	return err
}

// leave lets a node go that has given its votes away.
func (r *run) leave(i int) error {
	n := r.c.Node(i)
	if n == nil || stopped(n) {
		return roster.Errorf(roster.CodeUnavailable, "n%d is down", i)
	}
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	err := n.Leave(ctx, false)
	r.tell("n%d leaves: %v", i, err)
	if err != nil {
		return err
	}
	r.left[i], r.asked[i] = true, false
	r.kill([]int{i}, false)
	return nil
}
