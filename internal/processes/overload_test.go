package processes

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	// overloadEnv is how long each phase lasts, as a duration; then times are held to their
	// bars, which wants a machine that does nothing else. Without it a phase is three
	// seconds, and only what does not depend on the machine is.
	overloadEnv   = "ROSTER_OVERLOAD"
	phaseDefault  = 3 * time.Second
	light         = 16   // callers at a time in which nothing is refused
	entranceMax   = 128  // what a node works on at a time
	overloadTimes = 10   // so many times that is offered
	memoryMax     = 512  // MiB
	slowMax       = 1000 // connections that send a byte a second
	idleConns     = 2000
	ratioMax      = 3
	refusedWithin = 100 * time.Millisecond
	calmWithin    = 5 * time.Second
)

// TestOverload offers a node ten times what it works on at a time: what it lets in is
// answered about as fast as ever, what it does not is refused with a code and a time to come
// again, its memory stays bounded, and soon after everything is as before.
func TestOverload(t *testing.T) {
	s, phase, strict := overloadSite(t)
	n := s.trio()[0]
	_ = n.offer(light, phase) // warm
	before := n.offer(light, phase)
	under := n.offer(overloadTimes*entranceMax, phase)
	memory := n.memory()
	select { // what was under way is over
	case <-time.After(calmWithin):
	case <-s.ctx.Done():
	}
	after := n.offer(light, phase)
	t.Logf("unloaded: %v", before)
	t.Logf("%d callers: %v; admitted p99 %.1f times that of unloaded; %d MiB at the most", overloadTimes*entranceMax, under, under.ratio(before), memory)
	t.Logf("%v after: %v", calmWithin, after)
	for what, o := range map[string]*offered{"unloaded": before, "afterwards": after} {
		if len(o.refused) > 0 || len(o.done) == 0 {
			t.Errorf("%s: %v", what, o)
		}
	}
	if len(under.refused) == 0 || len(under.done) == 0 {
		t.Errorf("nothing was refused, or all: this shows nothing: %v", under)
	}
	if memory > memoryMax {
		t.Errorf("%d MiB, more than %d", memory, memoryMax)
	}
	if strict && (under.ratio(before) > ratioMax || p99(under.refused) > refusedWithin || after.ratio(before) > 2) {
		t.Errorf("too slow: admitted %.1f times, refused %v, afterwards %.1f times", under.ratio(before), p99(under.refused), after.ratio(before))
	}
}

// TestSlowSenders: a thousand callers who send a byte a second take nobody's place, neither
// with headers nor with more bodies than a node works on, and are cut off.
func TestSlowSenders(t *testing.T) {
	s, phase, strict := overloadSite(t)
	n := s.trio()[0]
	_ = n.offer(light, phase)
	before := n.offer(light, phase)
	heads := n.drip(slowMax, "GET /v1/status HTTP/1.1\r\nHost: "+n.http+"\r\nX-Slow: ", true)
	bodies := n.drip(entranceMax+50, "PUT /v1/agents/slow/a HTTP/1.1\r\nHost: "+n.http+"\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{", true)
	under := n.offer(light, phase)
	if len(under.refused) > 0 || len(under.done) == 0 {
		t.Errorf("others are refused: %v", under)
	}
	took, bodiesTook := heads.closed(s, 15*time.Second), bodies.closed(s, 15*time.Second)
	t.Logf("unloaded: %v", before)
	t.Logf("beside %d slow headers and %d slow bodies: %v; p99 %.1f times", slowMax, entranceMax+50, under, under.ratio(before))
	t.Logf("slow headers are cut off after %v at the most, slow bodies after %v", round(took), round(bodiesTook))
	if strict && under.ratio(before) > ratioMax {
		t.Errorf("p99 %.1f times", under.ratio(before))
	}
}

// TestIdleConnections: two thousand that do nothing cost next to nothing.
func TestIdleConnections(t *testing.T) {
	s, phase, strict := overloadSite(t)
	n := s.trio()[0]
	_ = n.offer(light, phase)
	before, memory := n.offer(light, phase), n.memory()
	idle := n.drip(idleConns, "GET /livez HTTP/1.1\r\nHost: "+n.http+"\r\n\r\n", false)
	under := n.offer(light, phase)
	t.Logf("unloaded: %v, %d MiB", before, memory)
	t.Logf("beside %d idle connections: %v; p99 %.1f times, %d MiB", idleConns, under, under.ratio(before), n.memory())
	if len(under.refused) > 0 || len(under.done) == 0 || n.memory() > memoryMax || strict && under.ratio(before) > ratioMax {
		t.Errorf("%v, %d MiB", under, n.memory())
	}
	if open := idle.open(); open != idleConns {
		t.Errorf("%d of %d are still open", open, idleConns)
	}
}

func overloadSite(t *testing.T) (s *site, phase time.Duration, strict bool) {
	phase = phaseDefault
	if text := os.Getenv(overloadEnv); text != "" {
		var err error
		if phase, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
		strict = true
	}
	return newSiteFor(t, testMax+10*phase), phase, strict
}

// offered is what became of what was offered.
type offered struct{ done, refused []time.Duration }

func (o *offered) String() string {
	return fmt.Sprintf("%d done, p50 %v, p99 %v; %d refused, p99 %v", len(o.done), round(quantile(o.done, 50)), round(p99(o.done)), len(o.refused), round(p99(o.refused)))
}

func (o *offered) ratio(to *offered) float64 { return float64(p99(o.done)) / float64(p99(to.done)) }

func p99(times []time.Duration) time.Duration { return quantile(times, 99) }

func quantile(times []time.Duration, percent int) time.Duration {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return times[len(times)*percent/100]
}

// offer has so many callers write for a while, each one request after the other on a
// connection that stands before. Who is refused comes again after a quarter of a second.
func (m *member) offer(callers int, during time.Duration) *offered {
	m.Helper()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers, MaxConnsPerHost: callers}, Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	m.connect(client, callers)
	ctx, cancel := context.WithTimeout(m.ctx, during)
	defer cancel()
	var all offered
	var lock sync.Mutex
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				took, refused, err := m.put(client, fmt.Sprintf("load%d/a%d", i%16, i), n)
				lock.Lock()
				switch {
				case err != nil:
					m.Error(err)
				case refused:
					all.refused = append(all.refused, took)
				default:
					all.done = append(all.done, took)
				}
				lock.Unlock()
				if pause := 5 * time.Millisecond; refused || callers == light {
					if refused {
						pause = 250 * time.Millisecond
					}
					select {
					case <-time.After(pause):
					case <-ctx.Done():
					}
				}
			}
		})
	}
	group.Wait()
	return &all
}

// connect opens so many connections, a few at a time, by requests that are held until all
// are there.
func (m *member) connect(client *http.Client, connections int) {
	m.Helper()
	var open sync.WaitGroup
	turns := make(chan struct{}, light)
	var bodies []io.Closer
	var lock sync.Mutex
	for range connections {
		open.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			resp, err := client.Get("http://" + m.http + "/openapi.json")
			if err != nil {
				m.Error(err)
				return
			}
			lock.Lock()
			defer lock.Unlock()
			bodies = append(bodies, &unread{resp.Body})
		})
	}
	open.Wait()
	for _, b := range bodies {
		_ = b.Close() // what it was is of no interest
	}
}

// unread is a body that is read when it is closed, so that its connection can be used again.
type unread struct{ io.ReadCloser }

func (u *unread) Close() error {
	_, _ = io.Copy(io.Discard, u.ReadCloser)
	return u.ReadCloser.Close()
}

// put registers an agent, and reports whether that was refused as it should be.
func (m *member) put(client *http.Client, id string, n int) (took time.Duration, refused bool, err error) {
	body := fmt.Sprintf(`{"description":"number %d"}`, n)
	r, err := http.NewRequestWithContext(m.ctx, http.MethodPut, "http://"+m.http+"/v1/agents/"+id, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, false, err
	}
	r.Header.Set("Content-Type", "application/json")
	start := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		return 0, false, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	took = time.Since(start)
	if err != nil || resp.StatusCode < 300 {
		return took, false, err
	}
	var problem struct{ Code string }
	again, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	if json.Unmarshal(raw, &problem) != nil || resp.StatusCode != http.StatusTooManyRequests || problem.Code != "Overloaded" || again < 1 {
		return took, false, fmt.Errorf("status %d, Retry-After %q: %s", resp.StatusCode, resp.Header.Get("Retry-After"), raw)
	}
	return took, true, nil
}

// memory is the most that the node has had in memory so far, in MiB.
func (m *member) memory() int {
	m.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.process.cmd.Process.Pid))
	if err != nil {
		m.Skipf("no /proc: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == "VmHWM:" {
			kib, _ := strconv.Atoi(fields[1])
			return kib / 1024
		}
	}
	m.Fatal("no VmHWM")
	return 0
}
