package system

import (
	"context"
	"fmt"

	"roster/bench/peers/process"
)

// ConnectionsMax is how many connections all callers share at most.
const ConnectionsMax = 16

// BatchRecords is how many records a batch has.
const BatchRecords = 100

// Level says what a look-up promises.
type Level int

// Levels of a look-up.
const (
	Local        Level = iota // the server that is asked answers from what it has
	Linearizable              // it sees every write that was answered before it
)

// Item is one record to store.
type Item struct {
	ID    string
	Value []byte // made by package record
}

// Store writes and reads records. It is safe for many callers; caller is the number of
// the one who calls, from 0, and says which connection it takes.
type Store interface {
	// Put stores one record and returns once it is durable.
	Put(ctx context.Context, caller int, item Item) error
	// PutBatch stores BatchRecords records in the system's own way of doing so.
	PutBatch(ctx context.Context, caller int, items []Item) error
	// Get returns a record, or an error if it is not there. The result is good until
	// the caller's next Get.
	Get(ctx context.Context, caller int, id string, level Level) ([]byte, error)
	// Close gives up the connections.
	Close()
}

// System is the servers of one system.
type System interface {
	// Name is what -systems takes.
	Name() string
	// About says version and settings in a sentence.
	About() string
	// Stores names the ways to speak to it, the one that counts first.
	Stores() []string
	// Start starts all servers on empty directories and returns once they serve.
	Start(ctx context.Context) error
	// Ready waits until every server serves.
	Ready(ctx context.Context) error
	// Stop ends all servers.
	Stop()
	// Processes are the servers, in order; nil where one is killed.
	Processes() []*process.Process
	// Leader returns which server leads; where many lead, the one that leads most.
	Leader(ctx context.Context) (int, error)
	// Kill is kill -9 of one server.
	Kill(server int)
	// Restart starts a server that was killed. It does not wait for it to serve.
	Restart(ctx context.Context, server int) error
	// Connect returns a store of that name for so many callers.
	Connect(ctx context.Context, store string, callers int) (Store, error)
	// ConnectTo returns a store that asks one server alone, once that server serves.
	ConnectTo(ctx context.Context, server int) (Store, error)
	// Surviving returns clients that go on when any server dies, as the system's own
	// client does, and classes of records (see record.Class) that between them need
	// every leader.
	Surviving(ctx context.Context) (Store, []string, error)
}

// servers is what all systems share: processes in a site and how to start one.
type servers struct {
	site      *process.Site
	processes []*process.Process
	launch    func(server int) (*process.Process, error)
}

// Processes implements System.
func (s *servers) Processes() []*process.Process { return s.processes }

// Stop implements System. It asks nobody: what the servers still have to say is not
// needed, and the next system waits.
func (s *servers) Stop() {
	for i := range s.processes {
		s.Kill(i)
	}
	s.processes = nil
}

// Kill implements System.
func (s *servers) Kill(server int) {
	if p := s.processes[server]; p != nil {
		p.Kill()
		s.processes[server] = nil
	}
}

// Restart implements System.
func (s *servers) Restart(_ context.Context, server int) error {
	p, err := s.launch(server)
	if err != nil {
		return err
	}
	s.processes[server] = p
	return nil
}

// startAll starts n servers.
func (s *servers) startAll(ctx context.Context, n int) error {
	s.processes = make([]*process.Process, n)
	for i := range n {
		if err := s.Restart(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// await waits for ready, and gives up at once when a server ends.
func (s *servers) await(ctx context.Context, what string, ready func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	for _, p := range s.processes {
		if p == nil {
			continue
		}
		go func() {
			select {
			case <-p.Ended():
				cancel(fmt.Errorf("%s ended: %s", p.Name, p.Tail()))
			case <-ctx.Done():
			}
		}()
	}
	return process.Await(ctx, what, ready)
}

// oneClass are the classes of a system in which one leader takes every write. They are
// as many as Roster has shards, so that every system is asked in the same order.
func oneClass() []string {
	out := make([]string, classesMax)
	for i := range out {
		out[i] = fmt.Sprintf("bench/fo%d", i)
	}
	return out
}

// classesMax is how many classes a fail-over writes to in turn at most.
const classesMax = 8

// connections is how many connections so many callers share.
func connections(callers int) int { return max(1, min(callers, ConnectionsMax)) }
