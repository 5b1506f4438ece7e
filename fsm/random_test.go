package fsm

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"roster"
)

// The random logs of the tests: few names, so that commands meet each other, and
// requests that are often repeated.

func pick[T any](values ...T) *rapid.Generator[T] { return rapid.SampledFrom(values) }

var (
	genAgent   = pick[roster.AgentID]("demo/a", "demo/b", "demo/fleet~1", "prod/c")
	genSession = pick[roster.SessionID]("s1", "s2", "s3")
	genText    = pick("", "plans", "plans and translates")
	genIndex   = pick[roster.Index](0, 0, 0, 1, 2, 5)
)

func drawRequest(t *rapid.T) (r roster.Request) {
	if r.Client = pick[uint64](0, 1, 1, 2).Draw(t, "client"); r.Client != 0 {
		r.Seq = rapid.Uint64Range(0, 9).Draw(t, "seq")
		r.Done = pick[uint64](0, 0, 0, 0, 1, 3).Draw(t, "done")
	}
	return r
}

func drawRegister(t *rapid.T) roster.Register {
	a := roster.Agent{ID: genAgent.Draw(t, "id"), Description: genText.Draw(t, "description"), OnEnd: pick(roster.OnEndDeregister, roster.OnEndCritical).Draw(t, "on end")}
	if rapid.Bool().Draw(t, "held") {
		a.Session = genSession.Draw(t, "session")
	}
	if tier := pick("", "gold", "silver").Draw(t, "tier"); tier != "" {
		a.Labels = roster.Map{{Key: "tier", Value: tier}}
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "capabilities") {
		a.Capabilities = append(a.Capabilities, roster.Capability{Name: fmt.Sprintf("c%d", i)})
	}
	return roster.Register{Agent: a, Mode: pick(roster.ModeCreate, roster.ModePut).Draw(t, "mode"), IfMatch: genIndex.Draw(t, "if match"), IfAbsent: pick(false, false, true).Draw(t, "if absent")}
}

// drawCommand draws what the model knows; that is all but nodes and the map.
func drawCommand(t *rapid.T) roster.Command {
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0:
		return roster.Update{ID: genAgent.Draw(t, "id"), IfMatch: genIndex.Draw(t, "if match"), Description: new(genText.Draw(t, "description"))}
	case 1, 2:
		return roster.Deregister{ID: genAgent.Draw(t, "id"), IfMatch: genIndex.Draw(t, "if match")}
	case 3:
		return roster.SetHealth{ID: genAgent.Draw(t, "id"), Health: roster.Health{State: pick(roster.Passing, roster.Warning).Draw(t, "health")}}
	case 4, 5:
		return roster.OpenSession{ID: genSession.Draw(t, "session"), TTL: roster.Duration(15 * time.Second)}
	case 6:
		return roster.EndSession{ID: genSession.Draw(t, "session"), If: genIndex.Draw(t, "if"), Shard: pick[roster.ShardID](0, 1).Draw(t, "shard")}
	case 7:
		return roster.Fence{Agent: genAgent.Draw(t, "id"), Epoch: roster.Epoch(genIndex.Draw(t, "epoch"))}
	}
	return drawRegister(t)
}

func drawOp(t *rapid.T) roster.Op {
	op := roster.Op{Request: drawRequest(t), Command: drawCommand(t)}
	if rapid.IntRange(0, 3).Draw(t, "acts") == 0 {
		op.Actor = roster.Actor{Agent: genAgent.Draw(t, "actor"), Epoch: roster.Epoch(genIndex.Draw(t, "epoch"))}
	}
	return op
}

// genLog draws a log of shard 1.
var genLog = rapid.Custom(func(t *rapid.T) []roster.Entry {
	var log []roster.Entry
	var at roster.LogTime
	for range rapid.IntRange(1, 20).Draw(t, "entries") {
		at += roster.LogTime(rapid.Int64Range(-1e9, 9e9).Draw(t, "step"))
		e := roster.Entry{Shard: 1, At: at, Wall: roster.WallTime(rapid.Int64().Draw(t, "wall"))}
		for range rapid.IntRange(0, 5).Draw(t, "operations") {
			e.Ops = append(e.Ops, drawOp(t))
		}
		log = append(log, e)
	}
	return log
})
