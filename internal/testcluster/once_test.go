package testcluster_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"roster"
	"roster/internal/simnet"
	"roster/internal/testcluster"
	"roster/node"
)

// onceClient writes one value after the other to an agent of its own, each several
// times: at once through different nodes, again until it is answered, and once more
// when the next one has been written. Every newEvery-th value enters an agent instead,
// which can be done only once.
type onceClient struct {
	cluster *testcluster.Cluster
	random  *rand.Rand
	id      roster.AgentID
	request roster.Request // Client 0: sent without a request, the negative control
	values  map[string]roster.Code
	faults  []string
}

// newEvery is at which of a client's values an agent is new.
const newEvery = 5

func newOnceClient(c *testcluster.Cluster, n int, request uint64) *onceClient {
	return &onceClient{cluster: c, random: rand.New(rand.NewPCG(uint64(n), 7)), id: roster.AgentID(fmt.Sprintf("once%d/a", n)),
		request: roster.Request{Client: request}, values: make(map[string]roster.Code)}
}

// target is the agent that the n-th value goes to, and how. All are of one fleet, so of
// one shard: only who hears of a later value knows that an earlier one is done with.
func (o *onceClient) target(n int) (roster.AgentID, roster.Mode) {
	if n%newEvery != 0 {
		return o.id, roster.ModePut
	}
	return o.id + roster.AgentID(fmt.Sprintf("~%d", n)), roster.ModeCreate
}

func (o *onceClient) run(ctx context.Context) {
	last := 0
	for n := 1; ctx.Err() == nil; n++ {
		if o.request.Client != 0 {
			o.request.Seq, o.request.Done = uint64(n), uint64(n-1)
		}
		if o.write(n, o.request) && last != 0 {
			o.late(last) // by its answer the shard has heard that this one is done with
		}
		last = n
		after(20 * time.Millisecond)
	}
}

// write sends the n-th value through two nodes at a time until one of them answers, and reports
// whether one did.
func (o *onceClient) write(n int, request roster.Request) bool {
	value := fmt.Sprint(n)
	o.values[value] = roster.CodeUnavailable
	for range 40 {
		var both sync.WaitGroup
		answers := make([]answer, 2)
		for i := range answers {
			within := time.Duration(5+o.random.IntN(400)) * time.Millisecond
			through := o.random.Uint64()
			both.Go(func() { answers[i] = o.put(n, request, through, within) })
		}
		both.Wait()
		if o.settle(value, answers) {
			return true
		}
	}
	return false
}

type answer struct {
	outcome  roster.Outcome
	revision roster.Index
	err      error
}

// settle notes what is known of a write and reports whether it was answered.
func (o *onceClient) settle(value string, answers []answer) bool {
	first := roster.Index(0)
	for _, a := range answers {
		switch code := roster.CodeOf(a.err); code {
		case "":
			if first != 0 && first != a.revision && o.request.Client != 0 {
				o.faults = append(o.faults, fmt.Sprintf("%s was answered with revisions %d and %d", value, first, a.revision))
			}
			first = a.revision
			o.values[value] = ""
		case roster.CodeUnknown, roster.CodeUnavailable, roster.CodeOverloaded:
			if code == roster.CodeUnknown && o.values[value] != "" {
				o.values[value] = code
			}
		default:
			o.faults = append(o.faults, fmt.Sprintf("%s was refused: %v", value, a.err))
		}
	}
	return first != 0
}

// late sends a value again that the client has said to be done with.
func (o *onceClient) late(n int) {
	request := o.request
	if request.Client != 0 {
		request.Seq, request.Done = request.Seq-1, request.Done-1
	}
	a := o.put(n, request, o.random.Uint64(), time.Second)
	if a.err == nil && request.Client != 0 {
		o.faults = append(o.faults, fmt.Sprintf("%d was carried out after it was done with", n))
	}
}

func (o *onceClient) put(number int, request roster.Request, through uint64, within time.Duration) answer {
	var n *node.Node
	if up := o.cluster.Running(); len(up) > 0 {
		n = o.cluster.Node(up[through%uint64(len(up))])
	}
	if n == nil {
		return answer{err: roster.Errorf(roster.CodeUnavailable, "killed just now")}
	}
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	if request.Client != 0 {
		ctx = roster.WithRequest(ctx, request)
	}
	id, mode := o.target(number)
	change, _, err := n.Register(ctx, roster.Register{Agent: roster.Agent{ID: id, Description: fmt.Sprint(number)}, Mode: mode})
	if err != nil {
		return answer{err: err}
	}
	return answer{outcome: change.Outcome, revision: change.Record.Revision}
}

// check compares what the client heard with how often a watcher saw each value appear. A
// watcher that did not see all has nothing to say of what it did not see.
func (o *onceClient) check(seen func(roster.AgentID) map[string]int, all bool) []string {
	faults := o.faults
	for value, code := range o.values {
		n, _ := strconv.Atoi(value)
		id, _ := o.target(n)
		switch times := seen(id)[value]; {
		case times > 1:
			faults = append(faults, fmt.Sprintf("%s of %s was carried out %d times", value, o.id, times))
		case times == 0 && code == "" && all:
			faults = append(faults, fmt.Sprintf("%s of %s was acknowledged and is lost", value, o.id))
		case times == 1 && code == roster.CodeUnavailable:
			faults = append(faults, fmt.Sprintf("%s of %s was never executed, they said, and was", value, o.id))
		}
	}
	return faults
}

// onceClients are several clients at work.
type onceClients struct {
	clients []*onceClient
	stop    func()
	certain int // writes that were acknowledged, once they have stopped
}

func (o *onceClients) start(ctx context.Context, c *testcluster.Cluster, n int) {
	ctx, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	for i := range n {
		client := newOnceClient(c, i, uint64(i+1))
		o.clients = append(o.clients, client)
		all.Go(func() { client.run(ctx) })
	}
	o.stop = func() {
		cancel()
		all.Wait()
	}
}

// check holds what the clients heard against what a watcher saw.
func (o *onceClients) check(v *viewer) (faults []string) {
	for _, client := range o.clients {
		faults = append(faults, client.check(v.times, v.gaps == 0)...)
		for _, code := range client.values {
			if code == "" {
				o.certain++
			}
		}
	}
	return faults
}

// appearances counts, for each agent, how often each description came up.
func appearances(ctx context.Context, s roster.Service) map[roster.AgentID]map[string]int {
	seen := make(map[roster.AgentID]map[string]int)
	for event, err := range s.Watch(ctx, roster.Query{AnyHealth: true}, "") {
		if err != nil {
			return nil
		}
		if event.After == nil {
			continue
		}
		if seen[event.After.ID] == nil {
			seen[event.After.ID] = make(map[string]int)
		}
		seen[event.After.ID][event.After.Description]++
	}
	return seen
}

// writeOnce lets clients write while fault happens, and returns what is wrong and how
// many writes were acknowledged.
func writeOnce(c *testcluster.Cluster, watcher int, requests bool, fault func()) (faults []string, certain int) {
	watch, unwatch := context.WithCancel(context.Background())
	seen := make(chan map[roster.AgentID]map[string]int, 1)
	go func() { seen <- appearances(watch, c.Node(watcher)) }()
	after(100 * time.Millisecond)
	ctx, stop := context.WithCancel(context.Background())
	clients := make([]*onceClient, 6)
	var all sync.WaitGroup
	for i := range clients {
		request := uint64(0)
		if requests {
			request = uint64(i + 1)
		}
		clients[i] = newOnceClient(c, i, request)
		all.Go(func() { clients[i].run(ctx) })
	}
	fault()
	stop()
	all.Wait()
	after(5 * time.Second)
	unwatch()
	counts := <-seen
	for _, o := range clients {
		faults = append(faults, o.check(func(id roster.AgentID) map[string]int { return counts[id] }, true)...)
		for _, code := range o.values {
			if code == "" {
				certain++
			}
		}
	}
	return faults, certain
}

// Every write is carried out exactly once, however often and wherever it is sent, while
// its leader dies.
func TestExactlyOnce(t *testing.T) {
	eachSeed(t, testcluster.Options{}, func(c *testcluster.Cluster) {
		c.Net.SetLinks(simnet.Link{DelayMin: time.Millisecond, DelayMax: 20 * time.Millisecond})
		leader := c.MostLeading(0)
		faults, certain := writeOnce(c, (leader+1)%3, true, func() {
			after(3 * time.Second)
			c.Kill(leader)
			after(6 * time.Second)
		})
		for _, fault := range faults {
			t.Error(fault)
		}
		if certain < 100 {
			t.Errorf("only %d writes were acknowledged: that proves nothing", certain)
		}
	})
}

// The check itself must be able to fail: without requests, writes are carried out twice.
func TestExactlyOnceNeedsRequests(t *testing.T) {
	testcluster.Run(t, testcluster.Options{Seed: 1}, func(c *testcluster.Cluster) {
		faults, _ := writeOnce(c, 0, false, func() { after(2 * time.Second) })
		if len(faults) == 0 {
			t.Error("writes that were sent again without a request were all carried out once, they say")
		}
	})
}
