package codec

import (
	"fmt"

	"roster"
	"roster/fleet"
)

// command writes the body of a command. Pointers are not commands.
func (w *Writer) command(c roster.Command) {
	switch c := c.(type) {
	case roster.Tick:
		w.Array(1)
		w.Uint(uint64(c.Shard))
	case roster.Register:
		w.register(c)
	case roster.Update:
		w.update(c)
	case roster.Deregister:
		w.Array(2)
		w.Text(string(c.ID))
		w.Uint(uint64(c.IfMatch))
	case roster.SetHealth:
		w.Array(3)
		w.Text(string(c.ID))
		w.Text(string(c.Health.State))
		w.Text(c.Health.Reason)
	case roster.Fence:
		w.Array(3)
		w.Uint(uint64(c.Shard))
		w.Text(string(c.Agent))
		w.Uint(uint64(c.Epoch))
	case roster.OpenSession:
		w.Array(2)
		w.Text(string(c.ID))
		w.Int(int64(c.TTL))
	case roster.AttachSession:
		w.sessionShard(c.ID, c.Shard)
	case roster.EndSession:
		w.Array(3)
		w.Text(string(c.ID))
		w.Uint(uint64(c.If))
		w.Uint(uint64(c.Shard))
	case roster.DetachSession:
		w.sessionShard(c.ID, c.Shard)
	case roster.JoinNode:
		w.Node(c.Node)
	case roster.LeaveNode:
		w.nodeID(c.ID)
	case roster.RenewNode:
		w.nodeID(c.ID)
	case roster.SetMap:
		w.Array(2)
		w.Uint(c.If)
		w.Map(c.Map)
	case roster.SetToken:
		w.Array(2)
		w.AccessToken(c.Token)
		w.Int(int64(c.TTL))
	case roster.DropToken:
		w.Array(1)
		w.Text(c.ID)
	default:
		if !w.fleetCommand(c) {
			w.Note(roster.Invalid("", "%T is not a command that can be written", c))
		}
	}
}

// decoders is the decode table: one line a kind.
var decoders = map[roster.Kind]func(*Reader) roster.Command{
	roster.KindTick:       func(r *Reader) roster.Command { r.Array(1); return roster.Tick{Shard: r.shard()} },
	roster.KindRegister:   func(r *Reader) roster.Command { return r.register() },
	roster.KindUpdate:     func(r *Reader) roster.Command { return r.update() },
	roster.KindDeregister: func(r *Reader) roster.Command { r.Array(2); return roster.Deregister{ID: r.id(), IfMatch: r.index()} },
	roster.KindSetHealth:  func(r *Reader) roster.Command { r.Array(3); return roster.SetHealth{ID: r.id(), Health: r.health()} },
	roster.KindFence: func(r *Reader) roster.Command {
		r.Array(3)
		return roster.Fence{Shard: r.shard(), Agent: r.id(), Epoch: r.epoch()}
	},
	roster.KindOpenSession: func(r *Reader) roster.Command {
		r.Array(2)
		return roster.OpenSession{ID: roster.SessionID(r.Text()), TTL: roster.Duration(r.Int())}
	},
	roster.KindAttachSession: func(r *Reader) roster.Command { return roster.AttachSession(r.sessionShard()) },
	roster.KindEndSession:    func(r *Reader) roster.Command { return r.endSession() },
	roster.KindDetachSession: func(r *Reader) roster.Command { return roster.DetachSession(r.sessionShard()) },
	roster.KindSetFleet: func(r *Reader) roster.Command {
		r.Array(3)
		return fleet.Set{Fleet: r.Fleet(), IfMatch: r.index(), IfAbsent: r.Bool()}
	},
	roster.KindScaleFleet: func(r *Reader) roster.Command {
		why := r.either(scaleParts, scaleReasons)
		c := fleet.Scale{ID: fleet.ID(r.Text()), Count: int(r.Int()), IfMatch: r.index()}
		if why {
			c.Reason = r.Text()
		}
		return c
	},
	roster.KindDropFleet: func(r *Reader) roster.Command {
		r.Array(2)
		return fleet.Drop{ID: fleet.ID(r.Text()), IfMatch: r.index()}
	},
	roster.KindRecall: func(r *Reader) roster.Command {
		r.Array(5)
		return fleet.Recall{Agent: r.id(), If: r.epoch(), Node: r.node(), Leave: r.Bool(), Reason: r.Text()}
	},
	roster.KindPlace: func(r *Reader) roster.Command {
		r.Array(4)
		return fleet.Place{Agent: r.id(), If: r.epoch(), Node: r.node(), Reason: r.Text()}
	},
	roster.KindReport: func(r *Reader) roster.Command {
		r.Array(5)
		return fleet.Report{Agent: r.id(), Epoch: r.epoch(), Node: r.node(), Status: roster.Status(r.Text()), Reason: r.Text()}
	},
	roster.KindSaveState: func(r *Reader) roster.Command {
		r.Array(3)
		return fleet.Save{Agent: r.id(), Epoch: r.epoch(), State: []byte(r.Text())}
	},
	roster.KindJoinNode:  func(r *Reader) roster.Command { return roster.JoinNode{Node: r.Node()} },
	roster.KindLeaveNode: func(r *Reader) roster.Command { return roster.LeaveNode{ID: r.nodeID()} },
	roster.KindRenewNode: func(r *Reader) roster.Command { return roster.RenewNode{ID: r.nodeID()} },
	roster.KindSetMap:    func(r *Reader) roster.Command { r.Array(2); return roster.SetMap{If: r.Uint(), Map: r.Map()} },
	roster.KindSetToken: func(r *Reader) roster.Command {
		r.Array(2)
		return roster.SetToken{Token: r.AccessToken(), TTL: roster.Duration(r.Int())}
	},
	roster.KindDropToken: func(r *Reader) roster.Command { r.Array(1); return roster.DropToken{ID: r.Text()} },
}

func (r *Reader) command(kind uint64) roster.Command {
	if r.Err() != nil {
		return nil
	}
	decode := decoders[roster.Kind(min(kind, 1<<16-1))]
	if decode == nil {
		r.Note(ErrUnknownKind, fmt.Sprintf("unknown command kind %d: it was written by a newer version", kind))
		return nil
	}
	return decode(r)
}

func (w *Writer) register(c roster.Register) {
	w.Array(5)
	w.agent(c.Agent)
	w.Text(string(c.Mode))
	w.Uint(uint64(c.IfMatch))
	w.Bool(c.IfAbsent)
	w.Text(c.SecretHash)
}

func (r *Reader) register() roster.Register {
	r.Array(5)
	return roster.Register{Agent: r.agent(), Mode: roster.Mode(r.Text()), IfMatch: roster.Index(r.Uint()),
		IfAbsent: r.Bool(), SecretHash: r.Text()}
}

func (w *Writer) update(c roster.Update) {
	w.Array(8)
	w.Text(string(c.ID))
	w.Uint(uint64(c.IfMatch))
	optional(w, c.Capabilities, func(w *Writer, v []roster.Capability) { list(w, v, (*Writer).capability) })
	w.patch(c.Labels)
	optional(w, c.Endpoints, func(w *Writer, v []roster.Endpoint) { list(w, v, (*Writer).endpoint) })
	optional(w, c.Description, (*Writer).Text)
	w.patch(c.Metadata)
	optional(w, c.OnEnd, func(w *Writer, v roster.OnEnd) { w.Text(string(v)) })
}

func (r *Reader) update() roster.Update {
	defer r.share()()
	r.Array(8)
	return roster.Update{
		ID:           roster.AgentID(r.Text()),
		IfMatch:      roster.Index(r.Uint()),
		Capabilities: absent(r, (*Reader).capabilities),
		Labels:       r.patch(),
		Endpoints:    absent(r, (*Reader).endpoints),
		Description:  absent(r, (*Reader).Text),
		Metadata:     r.patch(),
		OnEnd:        absent(r, func(r *Reader) roster.OnEnd { return roster.OnEnd(r.Text()) }),
	}
}

func (w *Writer) patch(p roster.MapPatch) {
	w.Array(3)
	w.Bool(p.Clear)
	w.stringMap(p.Set)
	list(w, p.Delete, (*Writer).Text)
}

func (r *Reader) patch() roster.MapPatch {
	r.Array(3)
	return roster.MapPatch{Clear: r.Bool(), Set: r.stringMap(), Delete: items(r, (*Reader).Text)}
}

// optional writes *v, or nil.
func optional[T any](w *Writer, v *T, write func(*Writer, T)) {
	if v == nil {
		w.Nil()
		return
	}
	write(w, *v)
}

// absent reads what optional wrote.
func absent[T any](r *Reader, read func(*Reader) T) *T {
	if r.Nil() {
		return nil
	}
	v := read(r)
	return &v
}

func (r *Reader) endSession() roster.EndSession {
	r.Array(3)
	return roster.EndSession{ID: roster.SessionID(r.Text()), If: roster.Index(r.Uint()), Shard: r.shard()}
}

func (w *Writer) sessionShard(id roster.SessionID, shard roster.ShardID) {
	w.Array(2)
	w.Text(string(id))
	w.Uint(uint64(shard))
}

func (r *Reader) sessionShard() (c struct {
	ID    roster.SessionID `json:"id"`
	Shard roster.ShardID   `json:"shard"`
}) {
	r.Array(2)
	c.ID, c.Shard = roster.SessionID(r.Text()), r.shard()
	return c
}

func (w *Writer) nodeID(id roster.NodeID) {
	w.Array(1)
	w.Text(string(id))
}

func (r *Reader) nodeID() roster.NodeID {
	r.Array(1)
	return roster.NodeID(r.Text())
}

func (r *Reader) index() roster.Index   { return roster.Index(r.Uint()) }
func (r *Reader) id() roster.AgentID    { return roster.AgentID(r.Text()) }
func (r *Reader) epoch() roster.Epoch   { return roster.Epoch(r.Uint()) }
func (r *Reader) node() roster.NodeID   { return roster.NodeID(r.Text()) }
func (r *Reader) shard() roster.ShardID { return roster.ShardID(r.Uint32()) }
