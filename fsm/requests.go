package fsm

import (
	"errors"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/aging"
	"roster/fsm/codec"
	"roster/fsm/keep"
)

// requests is the table that makes operations exactly once: per client the highest
// Done and the results above it.
type requests struct {
	clients *btree.Map[uint64, client]
	results *btree.BTreeG[stored]
	silent  aging.Order[uint64] // when each client will have been silent for ClientForget
	hint    btree.PathHint
	seqs    []uint64 // for dropUpTo
	bytes   int      // held by results, as weight counts
	keep    *keep.Keeper
}

type client struct {
	done    uint64
	last    roster.LogTime // when it last spoke
	results int
	high    uint64 // the highest Seq with a result: what is above it need not be looked for
}

// stored is one remembered result: of a change to an agent, or another. Most are
// changes, so those are kept small.
type stored struct {
	client, seq uint64
	index       roster.Index
	change      roster.Change
	other       *otherResult // nil: change
	weight      int          // what it costs, as ResultBytesMax counts
}

type otherResult struct {
	key    roster.Key
	result roster.Result
}

// keeping makes what is stored of a result, with the key of its command.
func keeping(r roster.Request, key func() roster.Key, x roster.Result) stored {
	s := stored{client: r.Client, seq: r.Seq, index: x.Index}
	if change, ok := x.Value.(roster.Change); ok && x.Err == nil && change.Record != nil {
		s.change = change
	} else {
		s.other = &otherResult{key(), x}
	}
	return s
}

func (s stored) result() roster.Result {
	if s.other != nil {
		return s.other.result
	}
	return roster.Result{Index: s.index, Value: s.change}
}

// key says which slot a result moves with.
func (s stored) key() roster.Key {
	if s.other != nil {
		return s.other.key
	}
	return s.change.Record.ID.Key()
}

// overloadPause is what a client is asked to wait for room in a table.
const overloadPause = time.Second

func newRequests(keeper *keep.Keeper) requests {
	return requests{
		clients: btree.NewMap[uint64, client](0),
		results: btree.NewBTreeGOptions(func(a, b stored) bool {
			if a.client != b.client {
				return a.client < b.client
			}
			return a.seq < b.seq
		}, btree.Options{NoLocks: true}),
		silent: aging.New[uint64](),
		keep:   keeper,
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
		if c.results > 0 {
			c.results -= t.dropUpTo(r.Client, r.Done)
		}
		c.done = r.Done
	}
	t.clients.Set(r.Client, c)
	if r.Seq <= c.done {
		return m.result(nil, refuse(roster.CodeGone, "request %d of client %x was answered or given up: its client is done with everything up to %d", r.Seq, r.Client, c.done)), true
	}
	if r.Seq <= c.high {
		if old, ok := t.results.Get(stored{client: r.Client, seq: r.Seq}); ok {
			return old.result(), true
		}
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
		t.silent.Drop(id, c.last+roster.ClientForget)
	}
	c.last = now
	t.silent.Set(id, now+roster.ClientForget)
	return c
}

// remember keeps the answer of a request. Overloaded is not an answer: nothing was
// executed, and the same request may succeed later.
func (m *Machine) remember(op roster.Op, answer roster.Result) {
	r := op.Request
	if r == (roster.Request{}) || roster.CodeOf(answer.Err) == roster.CodeOverloaded {
		return
	}
	m.requests.add(keeping(r, func() (key roster.Key) {
		if op.Command != nil {
			key = op.Command.Key()
		}
		return key
	}, answer))
}

func (t *requests) add(s stored) {
	s.weight = weight(s)
	t.results.SetHint(s, &t.hint)
	t.bytes += s.weight
	c, _ := t.clients.Get(s.client)
	c.results++
	c.high = max(c.high, s.seq)
	t.clients.Set(s.client, c)
}

// dropUpTo forgets a client's results up to a sequence number and returns how many.
func (t *requests) dropUpTo(id, seq uint64) int {
	t.seqs = t.seqs[:0]
	t.results.Ascend(stored{client: id}, func(s stored) bool {
		if s.client != id || s.seq > seq {
			return false
		}
		t.seqs = append(t.seqs, s.seq)
		return true
	})
	for _, seq := range t.seqs {
		s, _ := t.results.DeleteHint(stored{client: id, seq: seq}, &t.hint)
		t.bytes -= s.weight
	}
	return len(t.seqs)
}

// forgetClient drops the client that has been silent longest, if it was long enough.
func (m *Machine) forgetClient() bool {
	id, ok := m.requests.silent.Due(m.now)
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
	if s.other == nil {
		return resultBytes + keyBytes(s.change.Record.ID) + s.change.Record.Size()
	}
	n := resultBytes + len(s.other.key)
	switch v := s.other.result.Value.(type) {
	case roster.Change:
		if v.Record != nil {
			n += v.Record.Size()
		}
	case roster.Session:
		n += len(v.ID) + 4*len(v.Shards)
	}
	if e, ok := errors.AsType[*roster.Error](s.other.result.Err); ok {
		n += len(e.Detail) + len(e.Field)
	}
	return n
}

// keyBytes is the length of an agent's routing key, without making it.
func keyBytes(id roster.AgentID) int {
	fleet, _, _ := strings.Cut(id.Name(), "~")
	return len("a/") + len(id.Namespace()) + len("/") + len(fleet)
}

// clientSection and resultSection are the two sections of the table.
type clientSection struct{ *requests }
type resultSection struct{ *requests }

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
		s.silent.Drop(id, old.last+roster.ClientForget)
		old.results -= s.dropUpTo(id, c.done)
		c = client{max(old.done, c.done), max(old.last, c.last), old.results, old.high}
	}
	s.clients.Set(id, c)
	s.silent.Set(id, c.last+roster.ClientForget)
}

func (s resultSection) tag() uint64 { return tagResults }

func (s resultSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	s.results.Scan(func(x stored) bool {
		if key := x.key(); in(key) {
			put(func(w *codec.Writer) {
				w.Array(4)
				w.Uint(x.client)
				w.Uint(x.seq)
				w.Text(string(key))
				w.Result(x.result())
			})
		}
		return true
	})
}

func (s resultSection) load(r *codec.Reader) {
	r.Array(4)
	request := roster.Request{Client: r.Uint(), Seq: r.Uint()}
	key, answer := roster.Key(r.Text()), r.Result()
	if change, ok := answer.Value.(roster.Change); ok && change.Record != nil {
		s.keep.Keep(nil, change.Record)
	}
	x := keeping(request, func() roster.Key { return key }, answer)
	c, known := s.clients.Get(x.client)
	if _, twice := s.results.Get(x); twice || !known {
		r.Fail("result %d of client %x is there twice, or without its client", x.seq, x.client)
	}
	if r.Err() == nil && x.seq > c.done {
		s.add(x)
	}
}
