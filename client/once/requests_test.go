package once

import (
	"sync"
	"testing"
)

func TestDoneNeverPassesAnOpenSeq(t *testing.T) {
	r := New()
	first, endFirst := r.Begin(1)
	batch, endBatch := r.Begin(10)
	third, endThird := r.Begin(1)
	if first.Seq != 1 || batch.Seq != 2 || third.Seq != 12 || third.Done != 0 {
		t.Fatalf("seqs %d %d %d, done %d", first.Seq, batch.Seq, third.Seq, third.Done)
	}
	steps := []struct {
		end  func()
		done uint64
	}{{endThird, 0}, {endFirst, 1}, {endBatch, 12}}
	for i, step := range steps {
		step.end()
		if r.mu.now.done != step.done {
			t.Errorf("step %d: done = %d, want %d", i, r.mu.now.done, step.done)
		}
	}
}

func TestAStuckWriteDoesNotFillTheShard(t *testing.T) {
	r := New()
	stuck, end := r.Begin(1)
	defer end()
	for range 3 * windowMax {
		request, end := r.Begin(1)
		if request.Client == stuck.Client && request.Seq-request.Done > windowMax {
			t.Fatalf("seq %d runs ahead of done %d", request.Seq, request.Done)
		}
		if request.Seq <= request.Done {
			t.Fatalf("seq %d is not above done %d", request.Seq, request.Done)
		}
		end()
	}
	if r.mu.now.client == stuck.Client {
		t.Error("the stuck client id is still in use")
	}
}

func TestRequestsOfManyCallersDiffer(t *testing.T) {
	r := New()
	var seen sync.Map
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for range 500 {
				request, end := r.Begin(1)
				if _, twice := seen.LoadOrStore([2]uint64{request.Client, request.Seq}, true); twice {
					t.Errorf("%+v twice", request)
				}
				end()
			}
		})
	}
	callers.Wait()
	if now := r.mu.now; now.done != now.last || len(now.open) != 0 {
		t.Errorf("done = %d of %d with %d open, want all and 0", now.done, now.last, len(now.open))
	}
}
