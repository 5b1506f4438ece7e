package fsm

import (
	"errors"
	"time"

	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/codec"
)

// requests is the table that makes operations exactly once: per client the highest
// Done and the results above it.
type requests struct {
	clients *btree.Map[uint64, client]
	results *btree.BTreeG[stored]
	silent  aging[uint64] // when each client will have been silent for ClientForget
	bytes   int           // held by results, as weight counts
}

type client struct {
	done    uint64
	last    roster.LogTime // when it last spoke
	results int
}

// stored is one remembered result, with the key that says which slot it moves with.
type stored struct {
	client, seq uint64
	key         roster.Key
	result      roster.Result
}

// overloadPause is what a client is asked to wait for room in a table.
const overloadPause = time.Second

func newRequests() requests {
	return requests{
		clients: btree.NewMap[uint64, client](0),
		results: btree.NewBTreeGOptions(func(a, b stored) bool {
			if a.client != b.client {
				return a.client < b.client
			}
			return a.seq < b.seq
		}, btree.Options{NoLocks: true}),
		silent: newAging[uint64](),
	}
}

// begin looks a request up before its operation runs, and notes that its client
// spoke. The answer stands when the operation must not run.
func (m *Machine) begin(r roster.Request) (answer roster.Result, answered bool) {
	if r == (roster.Request{}) {
		return roster.Result{}, false
	}
	t := &m.requests
	c, known := t.clients.Get(r.Client)
	if !known && t.clients.Len() >= room(r, roster.ClientsMax) {
		return m.result(nil, overloaded("this shard remembers %d clients", t.clients.Len())), true
	}
	c = t.touch(r.Client, c, known, m.now)
	if r.Done > c.done {
		c.results -= t.dropUpTo(r.Client, r.Done)
		c.done = r.Done
	}
	t.clients.Set(r.Client, c)
	if r.Seq <= c.done {
		return m.result(nil, refuse(roster.CodeGone, "request %d of client %x was answered or given up: its client is done with everything up to %d", r.Seq, r.Client, c.done)), true
	}
	if old, ok := t.results.Get(stored{client: r.Client, seq: r.Seq}); ok {
		return old.result, true
	}
	switch {
	case c.results >= roster.ResultsMax:
		return m.result(nil, overloaded("client %x has %d results that it is not done with", r.Client, c.results)), true
	case t.bytes >= room(r, roster.ResultBytesMax):
		return m.result(nil, overloaded("remembered results fill %d bytes", t.bytes)), true
	}
	return roster.Result{}, false
}

// room is how much of a table a request may fill. The last eighth is kept for clients
// that say what they are done with: whoever never does, such as a client for each
// Idempotency-Key, must not shut out those that leave nothing behind, the nodes
// themselves among them.
func room(r roster.Request, most int) int {
	if r.Done == 0 {
		return most - most/8
	}
	return most
}

func overloaded(format string, args ...any) error {
	e := roster.Errorf(roster.CodeOverloaded, format, args...)
	e.RetryAfter = overloadPause
	return e
}

// touch notes that a client speaks now.
func (t *requests) touch(id uint64, c client, known bool, now roster.LogTime) client {
	if known && c.last == now {
		return c
	}
	if known {
		t.silent.drop(id, c.last+roster.ClientForget)
	}
	c.last = now
	t.silent.set(id, now+roster.ClientForget)
	return c
}

// remember keeps the answer of a request. Overloaded is not an answer: nothing was
// executed, and the same request may succeed later.
func (m *Machine) remember(op roster.Op, answer roster.Result) {
	r := op.Request
	if r == (roster.Request{}) || roster.CodeOf(answer.Err) == roster.CodeOverloaded {
		return
	}
	var key roster.Key
	if op.Command != nil {
		key = op.Command.Key()
	}
	m.requests.add(stored{r.Client, r.Seq, key, answer})
}

func (t *requests) add(s stored) {
	t.results.Set(s)
	t.bytes += weight(s)
	c, _ := t.clients.Get(s.client)
	c.results++
	t.clients.Set(s.client, c)
}

// dropUpTo forgets a client's results up to a sequence number and returns how many.
func (t *requests) dropUpTo(id, seq uint64) int {
	var old []stored
	t.results.Ascend(stored{client: id}, func(s stored) bool {
		if s.client != id || s.seq > seq {
			return false
		}
		old = append(old, s)
		return true
	})
	for _, s := range old {
		t.results.Delete(s)
		t.bytes -= weight(s)
	}
	return len(old)
}

// forgetClient drops the client that has been silent longest, if it was long enough.
func (m *Machine) forgetClient() bool {
	id, ok := m.requests.silent.due(m.now)
	if !ok {
		return false
	}
	m.requests.dropUpTo(id, 1<<64-1)
	m.requests.clients.Delete(id)
	return true
}

// resultBytes is what a result is taken to cost beside its texts.
const resultBytes = 256

// weight is the cost of a result as ResultBytesMax counts it. It must come out the
// same for a result that was read back from a snapshot.
func weight(s stored) int {
	n := resultBytes + len(s.key)
	switch v := s.result.Value.(type) {
	case roster.Change:
		if v.Record != nil {
			n += v.Record.Size()
		}
	case roster.Session:
		n += len(v.ID) + 4*len(v.Shards)
	}
	if e, ok := errors.AsType[*roster.Error](s.result.Err); ok {
		n += len(e.Detail) + len(e.Field)
	}
	return n
}

// clientSection and resultSection are the two sections of the table.
type (
	clientSection struct{ *requests }
	resultSection struct{ *requests }
)

func (s clientSection) tag() uint64 { return tagClients }

// export writes every client to every part: a client's floor holds for all its keys.
func (s clientSection) export(_ func(roster.Key) bool, put func(func(*codec.Writer))) {
	s.clients.Scan(func(id uint64, c client) bool {
		put(func(w *codec.Writer) {
			w.Array(3)
			w.Uint(id)
			w.Uint(c.done)
			w.Int(int64(c.last))
		})
		return true
	})
}

func (s clientSection) load(r *codec.Reader) {
	r.Array(3)
	id, c := r.Uint(), client{done: r.Uint(), last: roster.LogTime(r.Int())}
	old, known := s.clients.Get(id)
	if known {
		s.silent.drop(id, old.last+roster.ClientForget)
		old.results -= s.dropUpTo(id, c.done)
		c = client{done: max(old.done, c.done), last: max(old.last, c.last), results: old.results}
	}
	s.clients.Set(id, c)
	s.silent.set(id, c.last+roster.ClientForget)
}

func (s resultSection) tag() uint64 { return tagResults }

func (s resultSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	s.results.Scan(func(x stored) bool {
		if in(x.key) {
			put(func(w *codec.Writer) {
				w.Array(4)
				w.Uint(x.client)
				w.Uint(x.seq)
				w.Text(string(x.key))
				w.Result(x.result)
			})
		}
		return true
	})
}

func (s resultSection) load(r *codec.Reader) {
	r.Array(4)
	x := stored{client: r.Uint(), seq: r.Uint(), key: roster.Key(r.Text()), result: r.Result()}
	c, known := s.clients.Get(x.client)
	if _, twice := s.results.Get(x); twice || !known {
		r.Fail("result %d of client %x is there twice, or without its client", x.seq, x.client)
	}
	if r.Err() == nil && x.seq > c.done {
		s.add(x)
	}
}
