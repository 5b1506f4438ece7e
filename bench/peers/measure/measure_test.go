package measure

import (
	"context"
	"errors"

	"sync"
	"testing"
	"time"

	"roster"
	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/system"
)

// fake is a system in this process, which a test can stop for a while.
type fake struct {
	mu struct {
		sync.Mutex
		records map[string][]byte
		down    map[string]bool // classes that nobody can write to
		lose    bool            // acknowledges and forgets
		twice   bool            // a batch had a record twice
	}
	killed, restarted int
	onKill            func()
}

func newFake() *fake {
	f := &fake{}
	f.mu.records, f.mu.down = map[string][]byte{}, map[string]bool{}
	return f
}

var errDown = errors.New("nobody leads")

func (f *fake) Put(_ context.Context, _ int, item system.Item) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for class := range f.mu.down { // order-free: any
		if len(item.ID) > len(class) && item.ID[:len(class)] == class {
			return errDown
		}
	}
	if !f.mu.lose {
		f.mu.records[item.ID] = item.Value
	}
	return nil
}

func (f *fake) PutBatch(ctx context.Context, caller int, items []system.Item) error {
	seen := map[string]bool{}
	for _, item := range items {
		if seen[item.ID] {
			f.mu.Lock()
			f.mu.twice = true
			f.mu.Unlock()
		}
		seen[item.ID] = true
		if err := f.Put(ctx, caller, item); err != nil {
			return err
		}
	}
	return nil
}

func (f *fake) Get(_ context.Context, _ int, id string, _ system.Level) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if v, ok := f.mu.records[id]; ok {
		return v, nil
	}
	return nil, notFound(id)
}

func (f *fake) Close()                                                     {}
func (f *fake) Name() string                                               { return "fake" }
func (f *fake) About() string                                              { return "" }
func (f *fake) Stores() []string                                           { return []string{"fake"} }
func (f *fake) Start(context.Context) error                                { return nil }
func (f *fake) Ready(context.Context) error                                { return nil }
func (f *fake) Stop()                                                      {}
func (f *fake) Processes() []*process.Process                              { return make([]*process.Process, 3) }
func (f *fake) Leader(context.Context) (int, error)                        { return 1, nil }
func (f *fake) Kill(int)                                                   { f.killed++; f.onKill() }
func (f *fake) Restart(context.Context, int) error                         { f.restarted++; return nil }
func (f *fake) Connect(context.Context, string, int) (system.Store, error) { return f, nil }
func (f *fake) ConnectTo(context.Context, int) (system.Store, error)       { return f, nil }
func (f *fake) Surviving(context.Context) (system.Store, []string, error) {
	return f, []string{"bench/a", "bench/b"}, nil
}

func bench(f *fake) *Bench {
	return &Bench{System: f, Records: 1000, Duration: time.Minute, Operations: 500, Kills: 1}
}

func TestFillLoadsEveryRecord(t *testing.T) {
	f := newFake()
	b := bench(f)
	b.Records = 1234
	if err := b.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(f.mu.records) != 1234 || f.mu.records[record.ID(1233)] == nil {
		t.Errorf("%d records, want 1234", len(f.mu.records))
	}
}

// The negative control of the one above: records that were not kept are noticed.
func TestFillNoticesLoss(t *testing.T) {
	f := newFake()
	f.mu.lose = true
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := bench(f).Fill(ctx); err == nil {
		t.Error("nothing was kept, and nobody noticed")
	}
}

// One of two classes stays down after the kill: it decides.
func TestFailoverWaitsForEveryClass(t *testing.T) {
	f := newFake()
	const down = 300 * time.Millisecond
	f.onKill = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.mu.down["bench/b"] = true
		time.AfterFunc(down, func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.mu.down = map[string]bool{}
		})
	}
	s, err := failover().Run(t.Context(), bench(f), "fake")
	if err != nil {
		t.Fatal(err)
	}
	if s.Value < float64(down.Milliseconds()) || s.Errors == 0 || s.Lost != 0 {
		t.Errorf("%+v, want at least %v, and errors", s, down)
	}
	if f.killed != 1 || f.restarted != 1 {
		t.Errorf("killed %d, restarted %d", f.killed, f.restarted)
	}
}

// A system that acknowledges what it then does not have is found out.
func TestFailoverFindsLoss(t *testing.T) {
	f := newFake()
	f.onKill = func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.mu.records = map[string][]byte{}
	}
	s, err := failover().Run(t.Context(), bench(f), "fake")
	if err != nil {
		t.Fatal(err)
	}
	if s.Lost == 0 {
		t.Error("all writes before the kill were lost, and none was missed")
	}
}

func TestLoadsCountWhatSucceeds(t *testing.T) {
	f := newFake()
	b := bench(f)
	if err := b.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"put-1", "put-64", "new-256", "batch-16", "get-64", "lin-256"} {
		rows, err := Select(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := rows[0].Run(t.Context(), b, "fake")
		if err != nil || s.Value <= 0 || s.Errors > 0 {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
	}
	if f.mu.twice {
		t.Error("a batch had a record twice: etcd refuses that")
	}
}

// Errors are counted, and a load of nothing else is no figure.
func TestLoadOfErrorsIsAFault(t *testing.T) {
	b := bench(newFake()) // nothing is loaded: every look-up fails
	rows, err := Select("get-64")
	if err != nil {
		t.Fatal(err)
	}
	if s, err := rows[0].Run(t.Context(), b, "fake"); err == nil || s.Errors == 0 {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestBurstsComeTogether(t *testing.T) {
	n := 0
	for a := range bursts {
		if want := time.Duration(n/burstSize) * burstEvery; a.At != want {
			t.Fatalf("request %d is due at %v, want %v", n, a.At, want)
		}
		if n++; n == 3*burstSize {
			break
		}
	}
}

func TestSelectRefusesWhatIsNoRow(t *testing.T) {
	if _, err := Select("put-1,nothing"); err == nil {
		t.Error("an unknown row was taken")
	}
}

func notFound(id string) error { return roster.Errorf(roster.CodeNotFound, "%s is not there", id) }
