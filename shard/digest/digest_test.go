package digest

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"

	"roster"
)

type entry struct {
	index   uint64
	data    []byte
	results []roster.Result
}

// history draws a log with gaps, as entries that are no commands leave them.
func history(random *rand.Rand, n int) []entry {
	var all []entry
	for index := uint64(1); len(all) < n; index += 1 + uint64(random.IntN(3)/2) {
		e := entry{index: index, data: []byte{byte(random.Uint32()), byte(index)}}
		record := &roster.Record{Agent: roster.Agent{ID: "a/b"}, Revision: roster.Index(index), Epoch: roster.Epoch(random.IntN(9))}
		e.results = []roster.Result{{Index: roster.Index(index), Events: []roster.Event{{Type: roster.EventAgent, After: record}}}}
		all = append(all, e)
	}
	return all
}

func run(d *Digest, all []entry) []Window {
	for _, e := range all {
		d.Add(e.index, e.data, e.results)
	}
	return d.Windows()
}

// A replica that begins anywhere has the same windows as all others from the next on.
func TestRestartAnywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	all := history(random, 4*Entries)
	whole := run(New(), all)
	if len(whole) < 3 {
		t.Fatalf("%d windows of %d entries", len(whole), len(all))
	}
	for at := 1; at < len(all)-2*Entries; at++ {
		d := New()
		d.Restart(all[at-1].index)
		late := run(d, all[at:])
		if missing := len(whole) - len(late); missing > int(all[at].index)/Entries+1 || !reflect.DeepEqual(whole[missing:], late) {
			t.Fatalf("begun after entry %d: %v, want the end of %v", all[at-1].index, late, whole)
		}
	}
}

// Any one difference, in an entry or in a result, changes the window that it lies in and
// no other.
func TestEveryDifferenceShows(t *testing.T) {
	spoil := map[string]func(*entry){
		"entry":   func(e *entry) { e.data = append(bytes.Clone(e.data), 0) },
		"index":   func(e *entry) { e.results[0].Index++ },
		"refusal": func(e *entry) { e.results[0].Err = roster.Errorf(roster.CodeRefused, "no") },
		"epoch":   func(e *entry) { r := *e.results[0].Events[0].After; r.Epoch++; e.results[0].Events[0].After = &r },
		"event":   func(e *entry) { e.results[0].Events = nil },
		"result":  func(e *entry) { e.results = nil },
		"removal": func(e *entry) { v := &e.results[0].Events[0]; v.Before, v.After = v.After, nil },
	}
	for what, spoil := range spoil {
		right := run(New(), history(rand.New(rand.NewPCG(3, 4)), 3*Entries))
		other := history(rand.New(rand.NewPCG(3, 4)), 3*Entries)
		at := other[300].index
		spoil(&other[300])
		for i, w := range run(New(), other) {
			if inside := w.Last-Entries < at && at <= w.Last; inside == (w == right[i]) {
				t.Errorf("%s at %d: window %+v, else %+v", what, at, w, right[i])
			}
		}
	}
}

func TestNoMoreThanKept(t *testing.T) {
	windows := run(New(), history(rand.New(rand.NewPCG(5, 6)), 2*Kept*Entries))
	if len(windows) != Kept || windows[0].Last >= windows[Kept-1].Last {
		t.Errorf("%d windows, want the latest %d: %v", len(windows), Kept, windows)
	}
}

func TestJudge(t *testing.T) {
	good, bad, worse := []Window{{256, 1}, {512, 2}}, []Window{{256, 1}, {512, 9}}, []Window{{256, 1}, {512, 8}}
	for name, test := range map[string]struct {
		members int
		heard   map[roster.NodeID][]Window
		want    Verdict
		at      uint64
	}{
		"alone":                      {3, map[roster.NodeID][]Window{"me": good}, Agrees, 0},
		"all equal":                  {3, map[roster.NodeID][]Window{"me": good, "b": good, "c": good}, Agrees, 0},
		"one other is wrong":         {3, map[roster.NodeID][]Window{"me": good, "b": good, "c": bad}, Agrees, 0},
		"this one is wrong":          {3, map[roster.NodeID][]Window{"me": bad, "b": good, "c": good}, Differs, 512},
		"two of three differ":        {3, map[roster.NodeID][]Window{"me": bad, "b": good}, Split, 512},
		"three of three differ":      {3, map[roster.NodeID][]Window{"me": bad, "b": good, "c": worse}, Split, 512},
		"two of five say nothing":    {5, map[roster.NodeID][]Window{"me": bad, "b": good}, Agrees, 0},
		"two against three":          {5, map[roster.NodeID][]Window{"me": bad, "b": bad, "c": good, "d": good, "e": good}, Differs, 512},
		"another is behind":          {3, map[roster.NodeID][]Window{"me": bad, "b": good[:1], "c": good[:1]}, Agrees, 0},
		"wrong before, right now":    {3, map[roster.NodeID][]Window{"me": {{256, 7}, {512, 2}}, "b": good, "c": good}, Differs, 256},
		"the only two of a pair":     {2, map[roster.NodeID][]Window{"me": bad, "b": good}, Split, 512},
		"heard of, but says nothing": {3, map[roster.NodeID][]Window{"me": bad, "b": nil, "c": nil}, Agrees, 0},
	} {
		if got, at := Judge("me", test.members, test.heard); got != test.want || at != test.at {
			t.Errorf("%s: %v at %d, want %v at %d", name, got, at, test.want, test.at)
		}
	}
}

func TestWire(t *testing.T) {
	windows := map[roster.ShardID][]Window{0: {{256, 1 << 63}}, 7: {{512, 3}, {768, 4}}}
	b := Append(nil, windows)
	got, err := Parse(b)
	if err != nil || !reflect.DeepEqual(got, windows) {
		t.Errorf("%v, %v; want %v", got, err, windows)
	}
	if got, err := Parse(append([]byte{Version + 1}, b[1:]...)); err != nil || len(got) != 0 {
		t.Errorf("another version: %v, %v; want nothing", got, err)
	}
	for _, bad := range [][]byte{nil, b[:len(b)-1], {Version, 1, 255, 255, 1}} {
		if _, err := Parse(bad); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%x: %v, want Invalid", bad, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Append(nil, map[roster.ShardID][]Window{1: {{256, 1}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		windows, err := Parse(b)
		if err != nil {
			return
		}
		if again, err := Parse(Append(nil, windows)); err != nil || len(again) != len(windows) {
			t.Errorf("%x: %v, then %v, %v", b, windows, again, err)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	d, e := New(), history(rand.New(rand.NewPCG(1, 1)), 1)[0]
	e.data = make([]byte, 300)
	b.ReportAllocs()
	for i := uint64(1); b.Loop(); i++ {
		d.Add(i, e.data, e.results)
	}
}
