package contract

import (
	"context"
	"strings"
	"testing"
	"time"

	"roster"
)

// patience is how long a test waits for what must happen: longer than any session
// or deadline in it, far shorter than a test run.
const patience = 20 * time.Second

// Run holds the service that newService makes to the contract.
func Run(t *testing.T, newService func(t *testing.T) roster.Service) {
	s := newService(t)
	for name, test := range suites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // some wait for what must not come for as long as a call may take
			test(newFixture(t, s))
		})
	}
}

func suites() map[string]func(*fixture) {
	return map[string]func(*fixture){
		"Register":          register,
		"PutConditions":     putConditions,
		"Update":            update,
		"Deregister":        deregister,
		"Health":            health,
		"Epochs":            epochs,
		"InvalidAgents":     invalidAgents,
		"CommandsOfNodes":   commandsOfNodes,
		"Batch":             batch,
		"BatchBounds":       batchBounds,
		"LookupBatch":       lookupBatch,
		"ReadAfter":         readAfter,
		"ReadsRefused":      readsRefused,
		"FindSelects":       findSelects,
		"FindText":          findText,
		"FindPages":         findPages,
		"FindRefuses":       findRefuses,
		"FindExplains":      findExplains,
		"ExactlyOnce":       exactlyOnce,
		"ExactlyOnceBatch":  exactlyOnceBatch,
		"Sessions":          sessions,
		"SessionEnds":       sessionEnds,
		"SessionTurnsBad":   sessionTurnsBad,
		"SessionRunsOut":    sessionRunsOut,
		"SessionConflicts":  sessionConflicts,
		"SessionHeld":       sessionHeld,
		"HoldRefused":       holdRefused,
		"WatchInitial":      watchInitial,
		"WatchMeaning":      watchMeaning,
		"WatchResumes":      watchResumes,
		"WatchFromToken":    watchFromToken,
		"WatchRefuses":      watchRefuses,
		"WatchEndsWithCall": watchEndsWithCall,
		"Cluster":           cluster,
		"Backup":            backups,
		"Tokens":            tokens,
		"Fleets":            fleets,
		"FleetsRefused":     fleetsRefused,
		"Messages":          messages,
		"MessagesRefused":   messagesRefused,
		"HostedRefused":     hostedRefused,
		"Acts":              acts,
	}
}

// fixture is one test's corner of the service.
type fixture struct {
	*testing.T
	s   roster.Service
	ctx context.Context
	ns  string // a namespace of its own
}

func newFixture(t *testing.T, s roster.Service) *fixture {
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	t.Cleanup(cancel)
	name := t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]
	return &fixture{T: t, s: s, ctx: ctx, ns: "contract-" + strings.ToLower(name)}
}

func (f *fixture) id(name string) roster.AgentID { return roster.AgentID(f.ns + "/" + name) }

// agent returns an agent with one capability and one label.
func (f *fixture) agent(name string) roster.Agent {
	return roster.Agent{ID: f.id(name), Capabilities: []roster.Capability{{Name: "work"}},
		Labels: roster.MapOf(map[string]string{"tier": "gold"}), Description: "does work"}.Canonical()
}

// create enters an agent.
func (f *fixture) create(a roster.Agent) (roster.Change, roster.Stamp) {
	f.Helper()
	change, stamp, err := f.s.Register(f.ctx, roster.Register{Agent: a, Mode: roster.ModeCreate})
	f.must(err)
	if change.Outcome != roster.OutcomeCreated || change.Record == nil || change.Record.ID != a.ID {
		f.Fatalf("create %s: %+v", a.ID, change)
	}
	return change, stamp
}

// do carries out a command about an agent.
func (f *fixture) do(c roster.Command) (roster.Change, roster.Stamp) {
	f.Helper()
	result, stamp, err := f.s.Do(f.ctx, c)
	f.must(err)
	change, ok := result.Value.(roster.Change)
	if !ok || change.Record == nil {
		f.Fatalf("%s came to %+v, want a change", c.Kind(), result.Value)
	}
	return change, stamp
}

// lookup returns an agent as it is after a token.
func (f *fixture) lookup(name string, after roster.Token) (*roster.Record, error) {
	r, _, err := f.s.Lookup(f.ctx, f.id(name), roster.Read{Level: roster.ReadFresh, After: after})
	return r, err
}

func (f *fixture) must(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}

// refused wants an error of a code.
func (f *fixture) refused(err error, code roster.Code) {
	f.Helper()
	if got := roster.CodeOf(err); got != code {
		f.Errorf("got %q (%v), want %s", got, err, code)
	}
}

// eventually tries until done says so: for what a service may do a little later.
func (f *fixture) eventually(what string, done func() bool) {
	f.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); {
		if time.Now().After(deadline) {
			f.Fatalf("waited %v in vain: %s", patience, what)
		}
		<-tick.C
	}
}

// text is a pointer to a string.
func text(s string) *string { return &s }
