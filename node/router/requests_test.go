package router

import (
	"testing"

	"roster"
)

func TestDoneNeverPassesAnOpenRequest(t *testing.T) {
	r := newRequests()
	first, finishFirst := r.begin(1)
	if first.Done == 0 || first.Done >= first.Seq {
		t.Fatalf("the first request is %+v: shards keep room for those that are done with something", first)
	}
	for range 100 {
		next, finish := r.begin(1)
		if next.Client != first.Client || next.Done >= first.Seq {
			t.Fatalf("request %+v claims that %+v is answered", next, first)
		}
		finish()
	}
	finishFirst()
	last, finish := r.begin(1)
	defer finish()
	if last.Done != last.Seq-1 {
		t.Errorf("all before are answered, but Done is %d of %d", last.Done, last.Seq-1)
	}
}

func TestOneHungRequestDoesNotFillTheTable(t *testing.T) {
	r := newRequests()
	hung, _ := r.begin(1)
	for range 10 * roster.ResultsMax {
		next, finish := r.begin(1)
		if span := next.Seq - next.Done; next.Client == hung.Client && span > roster.ResultsMax {
			t.Fatalf("span %d under the client of the hung request", span)
		}
		finish()
	}
}

func TestShardsHaveClientsOfTheirOwn(t *testing.T) {
	r := newRequests()
	a, _ := r.begin(1)
	b, _ := r.begin(2)
	if a.Client == b.Client {
		t.Error("a hung shard would hold up the floor of another")
	}
}
