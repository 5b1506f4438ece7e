package probe

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"roster"
	"roster/fleet"
)

// Target is what is probed, and how. Make one with TargetOf.
type Target struct {
	ID    roster.AgentID
	Probe fleet.Probe // with its defaults
	// Said tells when the member last said something of itself, for ProbeBeat alone; the
	// zero time is never.
	Said func() time.Time
	// Soon has the first probe made at once, not in its turn: something waits for it.
	Soon bool

	url     *url.URL // of ProbeHTTP
	address string   // of ProbeTCP, host:port
}

// errNowhere is why a member cannot be probed that has no endpoint.
var errNowhere = errors.New("it has no endpoint to probe")

// TargetOf returns what is to be probed of a member by its spec. A spec without a probe has
// its first endpoint probed: http and https by a GET, anything else by a connection.
func TargetOf(id roster.AgentID, s *fleet.Spec) (Target, error) {
	t := Target{ID: id, Probe: s.Probe.Filled()}
	if t.Probe.Kind == fleet.ProbeBeat {
		return t, nil
	}
	if len(s.Endpoints) == 0 {
		return t, errNowhere
	}
	u, err := url.Parse(s.Endpoints[0].URL)
	switch {
	case err != nil:
		return t, err
	case u.Hostname() == "":
		return t, fmt.Errorf("%s has no host", s.Endpoints[0].URL)
	}
	web := u.Scheme == "http" || u.Scheme == "https"
	if t.Probe.Kind == "" && web {
		t.Probe.Kind = fleet.ProbeHTTP
	}
	switch {
	case t.Probe.Kind != fleet.ProbeHTTP:
		t.Probe.Kind = fleet.ProbeTCP
		return t, t.door(u)
	case !web:
		return t, fmt.Errorf("%s is neither http nor https", s.Endpoints[0].URL)
	case t.Probe.Path != "": // put after the host, not resolved: a path of two slashes names no other host
		root := url.URL{Scheme: u.Scheme, User: u.User, Host: u.Host}
		u, err = url.Parse(root.String() + t.Probe.Path)
	}
	t.url = u
	return t, err
}

// door says where to connect to.
func (t *Target) door(u *url.URL) error {
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "http":
		port = "80"
	case u.Scheme == "https":
		port = "443"
	default:
		return fmt.Errorf("%s has no port", u)
	}
	t.address = net.JoinHostPort(u.Hostname(), port)
	return nil
}

// What says in a few words what the probe does.
func (t *Target) What() string {
	switch t.Probe.Kind {
	case fleet.ProbeHTTP:
		return "GET " + cut(cmp.Or(t.url.EscapedPath(), "/"), whatMax)
	case fleet.ProbeTCP:
		return "connect to " + cut(t.address, whatMax)
	}
	return "heartbeat"
}

// first returns how long after it is known a target is first probed: it is left in peace for
// at least half an interval, because what has just been started may not listen yet.
func (p *Prober) first(t *Target) time.Duration {
	every := time.Duration(t.Probe.Every)
	if t.Soon {
		return spread(t.ID, min(every, soonWithin))
	}
	return every/2 + p.turn(t, every/2)
}

// turn returns how long after a moment, given as a time from now, the target's turn comes:
// each has its place in the interval.
func (p *Prober) turn(t *Target, from time.Duration) time.Duration {
	every := time.Duration(t.Probe.Every)
	since := time.Since(p.began) + from - spread(t.ID, every)
	return every - (since%every+every)%every
}

// spread returns a duration below most that is always the same for an id. FNV-1a, 64 bits.
func spread(id roster.AgentID, most time.Duration) time.Duration {
	h := uint64(14695981039346656037)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h ^= h >> 32 // the last letters differ between members, and move the low bits alone little
	return time.Duration(h % uint64(most))
}
