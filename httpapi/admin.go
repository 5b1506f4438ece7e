package httpapi

import (
	"context"
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"roster"
	"roster/httpapi/download"
	"roster/httpapi/inside"
	"roster/httpapi/ready"
	"roster/httpapi/wire"
)

func (c *call) members() error {
	members, err := c.api.service.Members(c.r.Context())
	return told(c, wire.MembersOf(members), err)
}

func (c *call) shards() error {
	shards, err := c.api.service.Shards(c.r.Context())
	return told(c, wire.ShardsOf(shards), err)
}

func (c *call) nodeStatus() error {
	status, err := c.api.service.Status(c.r.Context())
	return told(c, status, err)
}

// told shows what a call of the service came to.
func told[T any](c *call, v T, err error) error {
	if err != nil {
		return err
	}
	return shown(c, http.StatusOK, v)
}

type joinAnswer struct {
	Joined int `json:"joined"`
}

func (c *call) join() error {
	addresses, err := decoded(c, wire.DecodeJoin)
	if err != nil {
		return err
	}
	joined, err := c.api.service.Join(c.r.Context(), addresses)
	return told(c, joinAnswer{joined}, err)
}

func (c *call) leave() error {
	force, err := decoded(c, wire.DecodeLeave)
	if err != nil {
		return err
	}
	if err := c.api.service.Leave(c.r.Context(), force); err != nil {
		return err
	}
	c.WriteHeader(http.StatusAccepted)
	return nil
}

func (c *call) migrateStore() error {
	to, err := decoded(c, wire.DecodeMigrateStore)
	if err != nil {
		return err
	}
	moves, err := c.api.service.MigrateStore(c.r.Context(), to)
	return told(c, moves, err)
}

// onNode serves the routes that change how one node stands.
func (c *call) onNode(do func(context.Context, roster.NodeID) error) error {
	id := roster.NodeID(c.r.PathValue("id"))
	if err := id.Validate(); err != nil {
		return err
	}
	return c.done(do(c.r.Context(), id))
}

// done answers a request that has nothing to show.
func (c *call) done(err error) error {
	if err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

func (c *call) drain() error {
	return c.onNode(func(ctx context.Context, id roster.NodeID) error { return c.api.service.Drain(ctx, id, true) })
}

func (c *call) undrain() error {
	return c.onNode(func(ctx context.Context, id roster.NodeID) error { return c.api.service.Drain(ctx, id, false) })
}

func (c *call) forceLeave() error { return c.onNode(c.api.service.ForceLeave) }

func (c *call) prune() error { return c.onNode(c.api.service.Prune) }

func (c *call) moves() error {
	plan, err := c.api.service.Moves(c.r.Context())
	return told(c, plan, err)
}

func (c *call) rebalance() error {
	asked, err := decoded(c, wire.DecodeRebalance)
	if err == nil && asked.Layout != (roster.Layout{}) {
		err = c.api.service.SetLayout(c.r.Context(), asked.Layout)
	}
	if err == nil && asked.Paused != nil {
		err = c.api.service.PauseMoves(c.r.Context(), *asked.Paused)
	}
	return c.done(err)
}

// backup sends an archive. What goes wrong under way cuts the connection, so that nobody
// takes a part for the whole.
func (c *call) backup() error {
	w := download.New(c, "application/x-tar")
	err := c.api.service.Backup(c.r.Context(), w)
	if err != nil && w.Begun() {
		c.code = roster.CodeOf(err)
		c.api.log.Error("an archive was cut off", "err", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// alive says that the process answers, and nothing more.
func (c *call) alive() error { return c.answer(http.StatusOK, []byte(`{"live":true}`)) }

// ready says whether the node may be given work.
func (c *call) ready() error {
	verbose, err := c.flag("verbose")
	if err != nil {
		return err
	}
	checks, err := c.api.service.Ready(c.r.Context())
	if err != nil {
		return err
	}
	told := ready.Tell(checks, verbose, c.r.Header.Get("Accept"))
	if told.Status != http.StatusOK {
		c.Header().Set("Retry-After", "1")
	}
	writeBody(c, told.Status, told.Type, told.Body)
	return nil
}

// exposition shows the metrics of the whole process.
func (c *call) exposition() error {
	if c.api.options.Gatherer == nil {
		return roster.Errorf(roster.CodeNotFound, "this node gathers no metrics")
	}
	promhttp.HandlerFor(c.api.options.Gatherer, promhttp.HandlerOpts{}).ServeHTTP(c, c.r)
	return nil
}

// debug shows what goes on inside the process.
func (c *call) debug() error {
	part, err := inside.Look(c.r.Context(), c.r.PathValue("part"), c.query.Get("seconds"), c.api.options.Settings)
	if err == nil {
		writeBody(c, http.StatusOK, part.Type, part.Body)
	}
	return err
}

// openAPI shows the document that is made of the route table.
func (c *call) openAPI() error { return c.answer(http.StatusOK, c.api.document) }
