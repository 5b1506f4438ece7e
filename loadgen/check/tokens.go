package check

import (
	"time"

	"roster"
)

// Tokens checks that a read with the token of a write shows that write.
type Tokens struct{ notes }

// Read tells what a read with the token of a write showed, wherever it was asked:
// the revision, or zero when the agent was not there.
func (t *Tokens) Read(id roster.AgentID, wrote, showed roster.Index) {
	t.checked(1)
	if showed < wrote {
		t.violated("%s: written as revision %d, but a read with its token showed %d", id, wrote, showed)
	}
}

// Verdict returns what was found so far.
func (t *Tokens) Verdict() Verdict { return t.verdict("read-your-writes") }

// Lives checks that no session ends before its time.
type Lives struct{ notes }

// Kept tells that a session was opened and is being kept.
func (l *Lives) Kept() { l.checked(1) }

// Ended tells that a session is gone, when so long had passed since the newest renewal
// that was acknowledged had been sent. It lives at least its TTL from then on; whoever
// renews later than that has nothing to complain of.
func (l *Lives) Ended(id roster.SessionID, since, ttl time.Duration) {
	if since < ttl {
		l.violated("session %s, with a TTL of %v, was gone %v after it was renewed", id, ttl, since)
		return
	}
	l.mu.Lock()
	l.mu.late++
	late := l.mu.late
	l.mu.Unlock()
	l.noted("%d sessions ended since the generator was late to renew them", late)
}

// Verdict returns what was found so far.
func (l *Lives) Verdict() Verdict { return l.verdict("sessions") }
