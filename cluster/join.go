package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
)

// Join meets the nodes at addrs (host:port; a host name may stand for many) and
// returns how many others answered. This node's own address is passed over. The
// error is nil when one answered or none was left to ask; else it is Denied (another
// key) or Conflict (another cluster) where that is known, and Unavailable otherwise.
// A name or id that is taken is no error here: Conflict reports it.
func (c *Cluster) Join(ctx context.Context, addrs []string) (int, error) {
	targets, err := c.resolve(ctx, addrs)
	if len(targets) == 0 && err == nil {
		return 0, nil
	}
	met, joinErr := c.joinAll(ctx, targets)
	if met > 0 {
		return met, nil
	}
	if err := worst(addrs, append(joinErr, err)); err != nil {
		return 0, err
	}
	return 0, nil
}

// worst returns the error that says most: a refusal by a node that was reached.
func worst(addrs []string, errs []error) error {
	var all []error
	for _, err := range errs {
		if code := roster.CodeOf(err); code == roster.CodeDenied || code == roster.CodeConflict {
			return err
		}
		if err != nil {
			all = append(all, err)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return &roster.Error{Code: roster.CodeUnavailable, Detail: "no node answered at " + some(addrs) + ": want where nodes speak with one another, as members shows it", Cause: errors.Join(all...)}
}

// some names the first few addresses.
func some(addrs []string) string {
	if len(addrs) > 3 {
		return fmt.Sprintf("%s and %d more", strings.Join(addrs[:3], ", "), len(addrs)-3)
	}
	return strings.Join(addrs, ", ")
}

// joinAll tries targets a few at a time.
func (c *Cluster) joinAll(ctx context.Context, targets []string) (met int, errs []error) {
	type outcome struct {
		met bool
		err error
	}
	outcomes := make(chan outcome, len(targets))
	started := c.run(func() {
		var group errgroup.Group
		group.SetLimit(JoinParallelMax)
		for _, target := range targets {
			if c.ctx.Err() != nil || ctx.Err() != nil {
				break
			}
			group.Go(func() error {
				met, err := c.joinOne(target)
				outcomes <- outcome{met, err}
				return nil
			})
		}
		_ = group.Wait()
		close(outcomes)
	})
	if !started {
		return 0, []error{errClosed}
	}
	for {
		select {
		case o, more := <-outcomes:
			if !more {
				return met, errs
			}
			if o.met {
				met++
			}
			if o.err != nil {
				errs = append(errs, o.err)
			}
		case <-ctx.Done(): // what is still under way ends by its own time-out
			return met, append(errs, ctx.Err())
		}
	}
}

// joinOne exchanges state with the node at target; false without an error if that is
// this node itself.
func (c *Cluster) joinOne(target string) (bool, error) {
	c.wire.watch(target)
	_, err := c.list.Join([]string{target})
	a := c.wire.watched(target)
	switch {
	case a.err != nil:
		return false, a.err
	case err != nil:
		return false, &roster.Error{Code: roster.CodeUnavailable, Detail: "node at " + target + " did not exchange members", Cause: err}
	}
	return a.peer != c.config.ID, nil
}

// resolve turns host names into addresses, without repeats and without this node.
func (c *Cluster) resolve(ctx context.Context, addrs []string) ([]string, error) {
	var targets []string
	var errs []error
	for _, addr := range addrs {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			errs = append(errs, roster.Invalid("addresses", "address %q: want host:port", addr))
			continue
		}
		ips, err := c.lookup(ctx, host)
		if err != nil {
			errs = append(errs, &roster.Error{Code: roster.CodeUnavailable, Detail: "cannot look up " + host, Cause: err})
		}
		for _, ip := range ips {
			target := net.JoinHostPort(ip, port)
			if target != c.address && len(targets) < JoinMax && !slices.Contains(targets, target) {
				targets = append(targets, target)
			}
		}
	}
	return targets, errors.Join(errs...)
}

// lookup returns the addresses of a host; an IP address is its own.
func (c *Cluster) lookup(ctx context.Context, host string) ([]string, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return []string{ip.Unmap().String()}, nil
	}
	return c.config.Lookup(ctx, host)
}

// rejoin keeps trying whoever should be a member and is not alive: without it, the
// halves of a cluster that was split for longer than memberlist remembers the dead
// would never meet again.
func (c *Cluster) rejoin(ctx context.Context) {
	ticker := time.NewTicker(RejoinEvery)
	defer ticker.Stop()
	for round := 0; ; round++ {
		if !c.leaving.Load() {
			c.rejoinOnce(ctx, round)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Cluster) rejoinOnce(ctx context.Context, round int) {
	ctx, cancel := context.WithTimeout(ctx, RejoinEvery)
	defer cancel()
	addrs := slices.Clone(c.config.Seeds)
	if c.config.Peers != nil {
		addrs = append(addrs, c.config.Peers()...)
	}
	alive := make(map[string]bool)
	for _, m := range c.roll.list() {
		switch m.State {
		case roster.NodeDown, roster.NodeSuspect:
			addrs = append(addrs, m.Address)
		case roster.NodeAlive:
			alive[m.Address] = true
		}
	}
	targets, err := c.resolve(ctx, addrs)
	if err != nil {
		c.config.Logger.Debug("some addresses to join cannot be looked up", "err", err)
	}
	targets = slices.DeleteFunc(targets, func(t string) bool { return alive[t] })
	if len(targets) == 0 {
		return
	}
	if len(targets) > RejoinMax { // another part of them each round
		from := round * RejoinMax % len(targets)
		targets = append(targets[from:], targets[:from]...)[:RejoinMax]
	}
	met, errs := c.joinAll(ctx, targets)
	c.metrics.rejoins.Inc()
	c.refused(met, worst(targets, errs))
	c.config.Logger.Debug("joined whoever was missing", "tried", len(targets), "met", met, "err", worst(targets, errs))
}

// refused keeps why nobody was met, and tells it once: somebody who gave the wrong key
// or name looks for the reason.
func (c *Cluster) refused(met int, err error) {
	if code := roster.CodeOf(err); met > 0 || (code != roster.CodeDenied && code != roster.CodeConflict) {
		err = nil
	}
	c.mu.Lock()
	told := c.mu.refusal
	c.mu.refusal = err
	c.mu.Unlock()
	if err != nil && told == nil {
		c.config.Logger.Warn("met nobody", "err", err)
	}
}

// advertised finds the address under which others reach this node.
func advertised(ctx context.Context, c *Config) (netip.AddrPort, error) {
	advertise := c.Advertise
	if advertise == "" {
		advertise = c.Packets.LocalAddr().String()
	}
	bad := func(cause error) error {
		return &roster.Error{Code: roster.CodeInvalid, Field: "advertise", Detail: strconv.Quote(advertise) + ": want the host:port under which other nodes reach this one", Cause: cause}
	}
	host, portText, err := net.SplitHostPort(advertise)
	if err != nil {
		return netip.AddrPort{}, bad(err)
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil || port == 0 {
		return netip.AddrPort{}, bad(err)
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		ips, err := c.Lookup(ctx, host)
		if err != nil || len(ips) == 0 {
			return netip.AddrPort{}, bad(err)
		}
		if ip, err = netip.ParseAddr(ips[0]); err != nil {
			return netip.AddrPort{}, bad(err)
		}
	}
	if ip.IsUnspecified() {
		return netip.AddrPort{}, bad(nil)
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
}
