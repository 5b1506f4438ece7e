package quota_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"roster"
	"roster/access"
	"roster/httpapi/quota"
)

// clock is one that a test sets.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t }

func (c *clock) pass(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

// burst counts how many requests of a caller pass now, and returns the first refusal.
func burst(q *quota.Quota, p roster.Principal) (passed int, refusal *roster.Error) {
	for range 1000 {
		leave, err := q.Enter(p)
		if err != nil {
			return passed, err.(*roster.Error)
		}
		leave()
		passed++
	}
	return passed, nil
}

func TestRate(t *testing.T) {
	c := &clock{t: time.Unix(1, 0)}
	registry := prometheus.NewRegistry()
	q := quota.New(quota.Limits{Rate: 10, Burst: 5}, c.now, registry)
	passed, refusal := burst(q, "a")
	if passed != 5 || refusal == nil || refusal.Code != roster.CodeOverloaded || refusal.RetryAfter != 100*time.Millisecond {
		t.Fatalf("%d passed, %+v", passed, refusal)
	}
	if passed, _ := burst(q, "b"); passed != 5 {
		t.Errorf("another caller: %d", passed)
	}
	c.pass(refusal.RetryAfter - 1)
	if passed, _ := burst(q, "a"); passed != 0 {
		t.Errorf("%d passed before the time that was told", passed)
	}
	c.pass(1)
	if passed, _ := burst(q, "a"); passed != 1 {
		t.Errorf("%d passed at the time that was told", passed)
	}
	sum := 0
	for range 100 { // 10 s
		c.pass(100 * time.Millisecond)
		passed, _ := burst(q, "a")
		sum += passed
	}
	if sum != 100 {
		t.Errorf("%d requests in 10 s of 10 a second", sum)
	}
	c.pass(time.Hour)
	if passed, _ := burst(q, "a"); passed != 5 {
		t.Errorf("after a pause %d", passed)
	}
	if passed, _ := burst(q, access.RootPrincipal); passed != 1000 {
		t.Errorf("root: %d", passed)
	}
	if families, err := registry.Gather(); err != nil || len(families) != 1 || len(families[0].GetMetric()) != 1 {
		t.Errorf("metrics %v, %v: want one line, whoever it was", families, err)
	}
}

func TestConcurrent(t *testing.T) {
	c := &clock{t: time.Unix(1, 0)}
	q := quota.New(quota.Limits{Concurrent: 2}, c.now, nil)
	var leaves []func()
	for range 2 {
		leave, err := q.Enter("a")
		if err != nil {
			t.Fatal(err)
		}
		leaves = append(leaves, leave)
	}
	if _, err := q.Enter("a"); roster.CodeOf(err) != roster.CodeOverloaded {
		t.Errorf("a third: %v", err)
	}
	if passed, _ := burst(q, "b"); passed != 1000 {
		t.Errorf("another caller, one after the other: %d", passed)
	}
	leaves[0]()
	if _, err := q.Enter("a"); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
}

// TestTableIsBounded: callers that are quiet make room, and those that are not keep theirs.
func TestTableIsBounded(t *testing.T) {
	c := &clock{t: time.Unix(1, 0)}
	q := quota.New(quota.Limits{Rate: 1}, c.now, nil)
	for i := range quota.CallersMax {
		if _, err := q.Enter(roster.Principal(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.Enter("new"); roster.CodeOf(err) != roster.CodeOverloaded {
		t.Errorf("one too many: %v", err)
	}
	idle := quota.New(quota.Limits{Rate: 1}, c.now, nil)
	for i := range quota.CallersMax {
		if leave, err := idle.Enter(roster.Principal(fmt.Sprint(i))); err == nil {
			leave()
		}
	}
	c.pass(time.Minute)
	if _, err := idle.Enter("new"); err != nil {
		t.Errorf("although all are quiet: %v", err)
	}
}

func TestLimits(t *testing.T) {
	for _, bad := range []quota.Limits{{Rate: -1}, {Burst: 1}, {Rate: 1, Burst: -1}, {Concurrent: -1}, {Rate: quota.RateMax + 1}} {
		if bad.Validate() == nil {
			t.Errorf("%+v passes", bad)
		}
	}
	if err := (quota.Limits{Rate: 1, Burst: 2, Concurrent: 3}).Validate(); err != nil {
		t.Error(err)
	}
}
