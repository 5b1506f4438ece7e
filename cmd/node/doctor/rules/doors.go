package rules

import (
	"fmt"
	"net"
	"strings"
	"time"

	"roster/cmd/node/survey/sight"
)

const (
	// endsSoon is when a certificate wants a new one; endsNow when it is urgent.
	endsSoon = 14 * 24 * time.Hour
	endsNow  = 2 * 24 * time.Hour
	// apart is how far clocks may differ; farther than farApart people are misled.
	apart    = 2 * time.Second
	farApart = time.Minute
)

// clocks finds nodes whose clock differs from that of the machine that asks.
func clocks(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		off := n.Clock.Abs() - n.ClockError
		if n.ClockError == 0 || off <= apart {
			continue
		}
		severity, way := Warning, "ahead of"
		if off > farApart {
			severity = Error
		}
		if n.Clock < 0 {
			way = "behind"
		}
		out = append(out, one(severity, "times in records and logs mislead, and certificates are judged by it; leases are not, they have no clock",
			"run a time service on both machines: timedatectl, chronyc tracking", "the clock of node %s is %s %s this machine's", n.Name(), n.Clock.Abs().Round(100*time.Millisecond), way)...)
	}
	return out
}

// certificates finds those that end soon, of the HTTP port and of the port between nodes.
func certificates(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		for door, end := range ends(n) {
			if end.IsZero() || end.Sub(o.Now) > endsSoon {
				continue
			}
			severity, what := Warning, fmt.Sprintf("ends in %s, on %s", days(end.Sub(o.Now)), end.UTC().Format(time.DateOnly))
			if end.Sub(o.Now) < endsNow {
				severity = Error
			}
			if end.Before(o.Now) {
				what = "has ended on " + end.UTC().Format(time.DateOnly)
			}
			out = append(out, one(severity, "after that nobody connects there, and the node does not start again", "roster tls node --dir DIR --name "+nameOf(n)+" …, and replace its files: a node looks every 10 s",
				"the certificate of node %s (%s) %s", n.Name(), []string{"http", "bind"}[door], what)...)
		}
	}
	return out
}

// ends are when the certificates of a node end: of the HTTP port, then of the other one.
func ends(n *sight.Node) [2]time.Time {
	out := [2]time.Time{n.Certificate}
	if n.Metrics == nil {
		return out
	}
	for s := range n.Metrics.All("roster_tls_certificate_end_timestamp_seconds") {
		end := time.Unix(int64(s.Value), 0)
		switch s.Labels["door"] {
		case "http":
			out[0] = end
		case "bind":
			out[1] = end
		}
	}
	return out
}

func days(d time.Duration) string { return count(max(int(d/(24*time.Hour)), 0), "day") }

// nameOf is a node's name: its id without what makes it unique.
func nameOf(n *sight.Node) string {
	for _, m := range n.Members {
		if m.ID == n.ID {
			return m.Name
		}
	}
	return n.Name()
}

// tokens finds nodes that ask for none while others do.
func tokens(o *Observed) []Finding {
	found := distinct(o, func(n *sight.Node) string {
		if n.Status.Auth {
			return "asks"
		}
		return "open"
	})
	if len(found) < 2 {
		return nil
	}
	return one(Error, "through it, everybody may do everything to the whole cluster", "restart it with --auth", "node %s asks for no tokens, although others do", joined(found["open"]))
}

// doors finds nodes that are open beyond their machine.
func doors(o *Observed) (out []Finding) {
	for _, n := range o.Cluster.Answered() {
		if !n.Status.Insecure || !public(n) {
			continue
		}
		lacks := "TLS or tokens"
		for _, check := range n.Checks {
			if check.Name == "doors" && check.Detail != "" {
				lacks = check.Detail
			}
		}
		out = append(out, one(Warning, "whoever reaches the port reads, or does, what they like", "roster tls ca, roster tls node, roster tokens root; then --tls-… and --auth instead of --insecure",
			"node %s is open beyond its machine: %s", n.Name(), strings.TrimPrefix(lacks, "INSECURE: "))...)
	}
	return out
}

// public reports whether a node is reached from other machines.
func public(n *sight.Node) bool {
	for _, m := range n.Members {
		if m.ID == n.ID {
			return m.HTTP != "" && !loopback(m.HTTP) || m.Address != "" && !loopback(m.Address)
		}
	}
	return false
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(strings.TrimPrefix(address, "https://"))
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}
