package pledge

import (
	"testing"

	"pgregory.net/rapid"
)

func draw(t *rapid.T) Pledge {
	n := func(what string) uint64 { return rapid.Uint64Range(0, 4).Draw(t, what) }
	p := Pledge{Term: n("term"), VoteTerm: n("vote term"), Index: n("index"), IndexTerm: n("index term")}
	p.Vote = []byte{byte(p.VoteTerm)} // one vote a term
	return p
}

// Two pledges together demand what each does: any log that satisfies both satisfies each,
// whatever the order in which they were made.
func TestWithKeepsBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := draw(t), draw(t)
		ab, ba := a.With(b), b.With(a)
		term, index := rapid.Uint64Range(0, 5).Draw(t, "log term"), rapid.Uint64Range(0, 5).Draw(t, "log index")
		both := a.upTo(term, index) && b.upTo(term, index)
		if ab.upTo(term, index) != both || ba.upTo(term, index) != both {
			t.Fatalf("%+v and %+v make %+v and %+v; a log up to %d of term %d", a, b, ab, ba, index, term)
		}
		if ab.Term != max(a.Term, b.Term) || ab.VoteTerm != max(a.VoteTerm, b.VoteTerm) || len(ab.Vote) > 0 && uint64(ab.Vote[0]) != ab.VoteTerm {
			t.Fatalf("%+v and %+v make %+v", a, b, ab)
		}
	})
}
