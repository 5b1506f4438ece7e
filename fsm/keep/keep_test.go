package keep

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"roster"
)

var drawRecord = rapid.Custom(func(t *rapid.T) roster.Record {
	word := rapid.SampledFrom([]string{"", "a", "b", "passing", strings.Repeat("x", joinMax+1), strings.Repeat("y", shareMax+1)})
	pairs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) roster.Pair {
		return roster.Pair{Key: word.Draw(t, "key"), Value: word.Draw(t, "value")}
	}), 0, 3)
	r := roster.Record{Owner: roster.Owner{Kind: roster.OwnerKind(word.Draw(t, "kind")), ID: word.Draw(t, "owner")},
		Status: roster.Status(word.Draw(t, "status")), Health: roster.Health{State: roster.HealthState(word.Draw(t, "health")), Reason: word.Draw(t, "reason")},
		Node: roster.NodeID(word.Draw(t, "node")), SecretHash: word.Draw(t, "secret"), Revision: 7}
	r.Agent = roster.Agent{ID: roster.AgentID(word.Draw(t, "id")), Labels: pairs.Draw(t, "labels"), Metadata: pairs.Draw(t, "metadata"),
		Description: word.Draw(t, "description"), Session: roster.SessionID(word.Draw(t, "session")), OnEnd: roster.OnEnd(word.Draw(t, "on end")),
		Capabilities: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) roster.Capability {
			return roster.Capability{Name: word.Draw(t, "name"), Version: word.Draw(t, "version"), Attributes: pairs.Draw(t, "attributes")}
		}), 0, 2).Draw(t, "capabilities"),
		Endpoints: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) roster.Endpoint {
			return roster.Endpoint{Name: word.Draw(t, "name"), URL: word.Draw(t, "url")}
		}), 0, 2).Draw(t, "endpoints")}
	return r
})

// A record says after Keep what it said before, whatever came earlier, and no slice is
// nil.
func TestKeepChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := New()
		var old *roster.Record
		for i, want := range rapid.SliceOfN(drawRecord, 1, 20).Draw(t, "records") {
			got := want
			k.Keep(old, &got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("(-before +after)\n%s", diff)
			}
			if got.Labels == nil || got.Metadata == nil || got.Capabilities == nil || got.Endpoints == nil {
				t.Fatalf("a nil slice in %+v", got)
			}
			if old = &got; i%3 == 0 {
				old = nil
			}
			k.Fit(roomMin * 8 * i)
		}
	})
}

// live returns the bytes of heap in use.
func live() int {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}

// cut returns a small record whose every text is cut from a piece of a megabyte.
func cut(i int) *roster.Record {
	whole := strings.Repeat(fmt.Sprintf("%07d", i), 150_000)
	text := func(at int) string { return whole[at : at+7+at] }
	return &roster.Record{
		Agent: roster.Agent{ID: roster.AgentID(text(1)), Description: text(2), Session: roster.SessionID(text(3)), OnEnd: roster.OnEnd(text(4)),
			Labels: roster.Map{{Key: text(5), Value: text(6)}}, Metadata: roster.Map{{Key: text(7), Value: text(8)}}[:1:1],
			Capabilities: []roster.Capability{{Name: text(9), Version: text(10), Attributes: roster.Map{{Key: text(11), Value: text(12)}}}},
			Endpoints:    []roster.Endpoint{{Name: text(13), URL: text(14)}}},
		Owner: roster.Owner{Kind: roster.OwnerKind(text(15)), ID: text(3)}, Status: roster.Status(text(16)),
		Health: roster.Health{State: roster.HealthState(text(17)), Reason: text(18)}, Node: roster.NodeID(text(19)), SecretHash: text(20),
	}
}

// A record that was kept, new or after another, holds on to nothing of what it was cut
// from; one that was not does.
func TestKeptIsCutLoose(t *testing.T) {
	k := New()
	before := live()
	var kept []*roster.Record
	for i := range 40 {
		r := cut(i / 2) // each twice, so that some is shared
		var old *roster.Record
		if i%4 == 3 {
			old = kept[i-1]
		}
		k.Keep(old, r)
		kept = append(kept, r)
	}
	if held := live() - before; held > 1<<20 {
		t.Errorf("%d bytes are held by %d small records", held, len(kept))
	}
	before = live()
	loose := cut(1)
	if held := live() - before; held < 1<<20 {
		t.Errorf("control: only %d bytes are held by a record that was not kept", held)
	}
	runtime.KeepAlive(loose)
	runtime.KeepAlive(kept)
	runtime.KeepAlive(k)
}

// What a fleet repeats is there once, also among agents that repeat nothing.
func TestSharing(t *testing.T) {
	k := New()
	k.resize(roomMax)
	distinct := map[*roster.Pair]bool{}
	const records = 10_000
	for i := range records {
		r := &roster.Record{Agent: roster.Agent{ID: roster.AgentID(fmt.Sprint("a/", i)), Description: fmt.Sprint("number ", i),
			Labels: roster.Map{{Key: "zone", Value: fmt.Sprint("z", i%50)}}, Metadata: roster.Map{{Key: "n", Value: fmt.Sprint(i)}}}}
		k.Keep(nil, r)
		distinct[&r.Labels[0]] = true
	}
	if len(distinct) > 50*4 {
		t.Errorf("50 sets of labels are there %d times", len(distinct))
	}
}
