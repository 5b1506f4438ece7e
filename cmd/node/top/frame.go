package top

import (
	"fmt"
	"io"
	"strconv"

	"roster/cmd/node/nodes"
	"roster/cmd/node/screen"
	"roster/cmd/node/top/board"
)

// write lays a frame out: nodes, shards, routes.
func write(w io.Writer, b board.Board, colours bool) error {
	if _, err := fmt.Fprintf(w, "cluster %s: %d nodes, %d shards, %d agents\n\n", screen.Clean(b.Cluster, false), len(b.Nodes), len(b.Shards), b.Agents); err != nil {
		return err
	}
	for i, table := range []*screen.Table{nodeTable(b.Nodes), shardTable(b.Shards), routeTable(b.Routes)} {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := table.Write(w, colours); err != nil {
			return err
		}
	}
	return nil
}

func nodeTable(rows []board.Node) *screen.Table {
	t := &screen.Table{Head: []string{"NODE", "STATE", "CPU", "HEAP", "LEADS", "VOTES", "REQ/S", "REFUSED/S", "AGE"}}
	for _, n := range rows {
		age := "?"
		if n.AgeMS >= 0 {
			age = nodes.Age(n.AgeMS)
		}
		cpu := "?"
		if n.CPU >= 0 {
			cpu = fmt.Sprintf("%.0f %%", n.CPU*100)
		}
		t.Add(string(n.ID), n.State, cpu, board.Bytes(n.Heap), strconv.Itoa(n.Leads), strconv.Itoa(n.Votes), board.Number(n.Requests), board.Number(n.Refused), age)
	}
	return t
}

func shardTable(rows []board.Shard) *screen.Table {
	t := &screen.Table{Head: []string{"SHARD", "LEADER", "OPS/S", "WRITE", "QUEUE", "AGE", "AGENTS"}}
	for _, s := range rows {
		leader := string(s.Leader)
		if leader == "" {
			leader = "-"
		}
		t.Add(s.ID.String(), leader, board.Number(s.Ops), board.Span(s.Write), board.Number(s.Queue), nodes.Age(s.AgeMS), strconv.Itoa(s.Agents))
	}
	return t
}

func routeTable(rows []board.Route) *screen.Table {
	t := &screen.Table{Head: []string{"ROUTE", "REQ/S", "MEAN", "FAILED/S"}}
	for _, r := range rows {
		t.Add(r.Name, board.Number(r.Requests), board.Span(r.Mean), board.Number(r.Failed))
	}
	return t
}
