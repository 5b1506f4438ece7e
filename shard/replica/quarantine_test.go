package replica

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/hashicorp/raft"

	"roster"
	"roster/fsm"
	"roster/shard/logstore"
)

// put is an entry that registers one of a few agents.
func put(t *testing.T, index uint64) *raft.Log {
	t.Helper()
	id := roster.AgentID(fmt.Sprintf("agents/a%d", index%7))
	return entry(t, index, roster.Entry{Shard: 1, At: roster.LogTime(index), Ops: []roster.Op{{
		Command: roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: id, Description: fmt.Sprint(index)}}}}})
}

func newQuiet() (r *Replica, faults *[]error, healed *int) {
	faults, healed = &[]error{}, new(int)
	r = New(1, fsm.New(1), Options{OnApply: func(uint64) {}, OnFault: func(err error) { *faults = append(*faults, err) }, OnHealed: func() { *healed++ }})
	return r, faults, healed
}

func digestOf(t *testing.T, r *Replica) (sum [32]byte) {
	t.Helper()
	_, err := r.View(func(v *fsm.View) error { sum = v.Digest(); return nil })
	must(t, err)
	return sum
}

// snapshotOf is a snapshot as Raft hands it to Restore.
func snapshotOf(t *testing.T, r *Replica, index uint64) io.ReadCloser {
	t.Helper()
	snaps, err := logstore.OpenSnapshots("", io.Discard)
	must(t, err)
	sink, err := snaps.Create(raft.SnapshotVersionMax, index, 1, raft.Configuration{}, 0, nil)
	must(t, err)
	capture, err := r.Snapshot()
	must(t, err)
	must(t, capture.Persist(sink))
	_, stream, err := snaps.Open(sink.ID())
	must(t, err)
	return stream
}

// A replica in quarantine that gets the state of another, of any moment since, is equal to
// it afterwards, whatever came meanwhile.
func TestReseedAtAnyMoment(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 1))
		right, _, _ := newQuiet()
		wrong, faults, healed := newQuiet()
		n := 2 + random.IntN(60)
		stop, capture := random.IntN(n), 0
		capture = stop + random.IntN(n-stop)
		var state bytes.Buffer
		var at uint64
		for i := range n {
			log := put(t, uint64(10+i))
			right.Apply(log)
			wrong.Apply(log)
			if i == stop {
				wrong.Quarantine(errors.New("a bit flipped"))
			}
			if i == capture {
				index, taken, err := right.Seed()
				must(t, err)
				_, err = taken.WriteTo(&state)
				must(t, err)
				at = index
			}
		}
		if !wrong.Quarantined() || len(*faults) != 1 || !errors.Is((*faults)[0], ErrQuarantine) {
			t.Fatalf("seed %d: quarantined %v, told %v", seed, wrong.Quarantined(), *faults)
		}
		must(t, wrong.Reseed(at, &state))
		if wrong.Quarantined() || wrong.Fault() != nil || *healed != 1 || wrong.Applied() != right.Applied() {
			t.Fatalf("seed %d: %v, told %d times, applied %d of %d", seed, wrong.Fault(), *healed, wrong.Applied(), right.Applied())
		}
		wrong.Apply(put(t, 100))
		right.Apply(put(t, 100))
		if digestOf(t, wrong) != digestOf(t, right) {
			t.Fatalf("seed %d: the states differ", seed)
		}
	}
}

// What leaves a gap, or cannot be read, changes nothing.
func TestReseedRefuses(t *testing.T) {
	right, _, _ := newQuiet()
	wrong, _, healed := newQuiet()
	right.Apply(put(t, 1))
	var old bytes.Buffer
	_, state, err := right.Seed()
	must(t, err)
	_, err = state.WriteTo(&old)
	must(t, err)
	if err := wrong.Reseed(1, bytes.NewReader(old.Bytes())); err == nil {
		t.Error("a replica that is not in quarantine took another state")
	}
	for i := range uint64(3) {
		wrong.Apply(put(t, 1+i))
	}
	wrong.Quarantine(errors.New("a bit flipped"))
	if err := wrong.Reseed(1, bytes.NewReader(old.Bytes())); !errors.Is(err, ErrSeedTooOld) {
		t.Errorf("a state from before: %v", err)
	}
	if err := wrong.Reseed(9, io.LimitReader(bytes.NewReader(old.Bytes()), int64(old.Len()-1))); err == nil {
		t.Error("half a state was taken")
	}
	if !wrong.Quarantined() || *healed != 0 {
		t.Error("a refusal ended the quarantine")
	}
	for i := range uint64(heldMax + 1) { // more than is held back
		wrong.Apply(put(t, 4+i))
	}
	if err := wrong.Reseed(5, bytes.NewReader(old.Bytes())); !errors.Is(err, ErrSeedTooOld) {
		t.Errorf("a state from before what was held back was let go of: %v", err)
	}
}

// A snapshot from the leader ends a quarantine as well.
func TestSnapshotEndsQuarantine(t *testing.T) {
	wrong, _, healed := newQuiet()
	wrong.Apply(put(t, 1))
	wrong.Quarantine(errors.New("a bit flipped"))
	wrong.Quarantine(errors.New("again")) // is one
	right, _, _ := newQuiet()
	right.Apply(put(t, 1))
	must(t, wrong.Restore(snapshotOf(t, right, 1)))
	if wrong.Quarantined() || *healed != 1 || digestOf(t, wrong) != digestOf(t, right) {
		t.Errorf("quarantined %v, told %d times", wrong.Quarantined(), *healed)
	}
}
