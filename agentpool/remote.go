package agentpool

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"roster/fleet"
)

// Remote watches agents that run themselves: it probes their first endpoint, http and https
// by a GET that must answer below 400, anything else by a connection.
type Remote struct {
	// Every is how often; 0 is ProbeEvery.
	Every time.Duration
}

const (
	// ProbeEvery is how often an agent is probed.
	ProbeEvery  = 5 * time.Second
	probeWithin = 2 * time.Second
	// ProbeMisses probes that fail in a row end an agent.
	ProbeMisses = 3
)

// Name is fleet.Remote.
func (d *Remote) Name() string { return fleet.Remote }

// Check refuses an endpoint that cannot be probed.
func (d *Remote) Check(s *fleet.Spec) error {
	u, err := url.Parse(s.Endpoints[0].URL)
	if err == nil && u.Host == "" {
		err = fmt.Errorf("%s has no host", s.Endpoints[0].URL)
	}
	return err
}

// Run probes until ctx ends or too many probes in a row have failed.
func (d *Remote) Run(ctx context.Context, a Agent, started func()) error {
	client := &http.Client{Timeout: probeWithin, Transport: &http.Transport{DisableKeepAlives: true, Proxy: nil}}
	every, misses, begun := d.Every, 0, false
	if every == 0 {
		every = ProbeEvery
	}
	for ctx.Err() == nil {
		err := probe(ctx, client, a.Spec.Endpoints[0].URL)
		switch {
		case err != nil && ctx.Err() == nil:
			if misses++; misses >= ProbeMisses {
				return fmt.Errorf("%d probes in a row failed: %w", misses, err)
			}
		case err == nil:
			misses = 0
			if !begun {
				begun = true
				started()
			}
		}
		wait(ctx, every)
	}
	return nil
}

func probe(ctx context.Context, client *http.Client, target string) error {
	u, err := url.Parse(target)
	if err != nil {
		return err
	}
	if u.Scheme != "http" && u.Scheme != "https" {
		conn, err := (&net.Dialer{Timeout: probeWithin}).DialContext(ctx, "tcp", u.Host)
		if err != nil {
			return err
		}
		return conn.Close()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 1<<10)
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
