package seed

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"roster"
)

const (
	// probeWithin is how long a member may take to take a connection.
	probeWithin = 3 * time.Second
	// probesMax bounds the members that are asked at a time.
	probesMax = 16
)

// connects reports whether anybody listens at an address between nodes.
func connects(address string) bool {
	conn, err := net.DialTimeout("tcp", address, probeWithin)
	if err != nil {
		return false
	}
	_ = conn.Close() // that it was taken is the answer
	return true
}

// standing refuses to begin anew where the old cluster can go on: where members that
// answer are, with those whose directories are named, a majority of some shard.
func (c Config) standing(all, from []*survivor) error {
	if c.Although {
		return nil
	}
	system, _, err := from[roster.SystemShard].files.Replay(roster.SystemShard)
	if err != nil {
		return fmt.Errorf("shard %v in %s: %w", roster.SystemShard, from[roster.SystemShard].dir, err)
	}
	here := func(id roster.NodeID) bool {
		return slices.ContainsFunc(all, func(s *survivor) bool { return s.NodeID == id })
	}
	addresses := map[roster.NodeID]string{}
	for _, n := range system.View().Nodes() {
		if n.State != roster.NodeLeft && n.Address != "" && !here(n.ID) {
			addresses[n.ID] = n.Address
		}
	}
	answering := c.probe(addresses)
	for id := range roster.ShardID(len(from)) {
		voters, err := from[id].files.Voters(id)
		if err != nil {
			return fmt.Errorf("shard %v in %s: %w", id, from[id].dir, err)
		}
		if err := majority(id, voters, here, answering, addresses); err != nil {
			return err
		}
	}
	return nil
}

// majority refuses a shard that can go on with those who answer.
func majority(id roster.ShardID, voters []roster.NodeID, here func(roster.NodeID) bool, answering map[roster.NodeID]bool, addresses map[roster.NodeID]string) error {
	var stand []string
	count := 0
	for _, v := range voters {
		if here(v) {
			count++
		}
		if answering[v] {
			count++
			stand = append(stand, fmt.Sprintf("%s (%s)", v, addresses[v]))
		}
	}
	if len(stand) == 0 || count <= len(voters)/2 {
		return nil
	}
	return roster.Errorf(roster.CodeRefused, "the old cluster can go on: of the %d voters of shard %v there answer %s, and with the directories named they are a majority. "+
		"Start the nodes of these directories instead, and nothing is lost. What listens there is another program, or those members are to be given up with all that they take from now on: --although-others-answer",
		len(voters), id, strings.Join(stand, ", "))
}

// probe asks all members at once and returns who answers.
func (c Config) probe(addresses map[roster.NodeID]string) map[roster.NodeID]bool {
	ask := c.Probe
	if ask == nil {
		ask = connects
	}
	var wait sync.WaitGroup
	var answering struct {
		sync.Mutex
		ids map[roster.NodeID]bool
	}
	answering.ids = map[roster.NodeID]bool{}
	turns := make(chan struct{}, probesMax)
	for id, address := range addresses { // order-free: each is asked once
		wait.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if ask(address) {
				answering.Lock()
				defer answering.Unlock()
				answering.ids[id] = true
			}
		})
	}
	wait.Wait()
	return answering.ids
}
