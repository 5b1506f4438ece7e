package fleet

import (
	"strings"
	"time"

	"roster"
)

// ProbeKind says by what a node tells whether a member is well; "" is nothing: a member
// that runs is passing.
type ProbeKind string

// The three.
const (
	ProbeHTTP ProbeKind = "http" // a GET of its endpoint that answers below 400
	ProbeTCP  ProbeKind = "tcp"  // a connection to its endpoint
	ProbeBeat ProbeKind = "beat" // what it reports of itself, often enough
)

// Bounds of a Probe, and what it means where it says nothing.
const (
	ProbeEvery     = 5 * time.Second
	ProbeTimeout   = 2 * time.Second
	ProbeFailures  = 3
	ProbeEveryMin  = 100 * time.Millisecond
	ProbeEveryMax  = time.Hour
	ProbeFailedMax = 100
)

// Probe says how a node looks after the health of a member that it runs. Answers make it
// passing, a slow one warning; one that does not come makes it warning, and critical after
// Failures in a row.
type Probe struct {
	Kind ProbeKind `json:"kind,omitempty"`
	// Path is what ProbeHTTP gets, beginning with a slash, at the first endpoint; "": the
	// endpoint as it is.
	Path string `json:"path,omitempty"`
	// Every is how often; a ProbeBeat wants the member to say something more often than that.
	Every roster.Duration `json:"every,omitzero"`
	// Timeout is how long an answer may take; 0 is half of Every, at most ProbeTimeout.
	Timeout  roster.Duration `json:"timeout,omitzero"`
	Slow     roster.Duration `json:"slow,omitzero"` // 0: no answer is slow
	Failures int             `json:"failures,omitempty"`
}

// Filled returns p with its defaults.
func (p Probe) Filled() Probe {
	if p.Every == 0 {
		p.Every = roster.Duration(ProbeEvery)
	}
	if p.Timeout == 0 {
		p.Timeout = min(p.Every/2, roster.Duration(ProbeTimeout))
	}
	if p.Failures == 0 {
		p.Failures = ProbeFailures
	}
	return p
}

func (s *Spec) validateProbe() error {
	p := s.Probe
	every, timeout := time.Duration(p.Every), time.Duration(p.Timeout)
	switch {
	case p == Probe{}:
		return nil
	case p.Kind != ProbeHTTP && p.Kind != ProbeTCP && p.Kind != ProbeBeat:
		return roster.Invalid("probe.kind", "%.40q: want %s, %s or %s", string(p.Kind), ProbeHTTP, ProbeTCP, ProbeBeat)
	case p.Kind != ProbeBeat && len(s.Endpoints) == 0:
		return roster.Invalid("probe", "there is no endpoint to probe: want one in endpoints")
	case p.Kind == ProbeHTTP && !strings.HasPrefix(s.Endpoints[0].URL, "http://") && !strings.HasPrefix(s.Endpoints[0].URL, "https://"):
		return roster.Invalid("probe.kind", "the first endpoint is %.80q: want http or https to be probed by %s", s.Endpoints[0].URL, ProbeHTTP)
	case p.Path != "" && (p.Kind != ProbeHTTP || !strings.HasPrefix(p.Path, "/") || !plain(p.Path)):
		return roster.Invalid("probe.path", "%.80q: of %s alone, text that begins with a slash", p.Path, ProbeHTTP)
	case every != 0 && (every < ProbeEveryMin || every > ProbeEveryMax):
		return roster.Invalid("probe.every", "%v: want %v to %v", every, ProbeEveryMin, ProbeEveryMax)
	case timeout < 0 || timeout > ProbeEveryMax:
		return roster.Invalid("probe.timeout", "%v: want 0 to %v", timeout, ProbeEveryMax)
	case p.Slow < 0 || time.Duration(p.Slow) > ProbeEveryMax:
		return roster.Invalid("probe.slow", "%v: want 0 to %v", time.Duration(p.Slow), ProbeEveryMax)
	case p.Failures < 0 || p.Failures > ProbeFailedMax:
		return roster.Invalid("probe.failures", "%d: want 0 to %d", p.Failures, ProbeFailedMax)
	}
	return nil
}
