package archive

import (
	"context"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"roster"
	"roster/backup"
	"roster/fsm"
	"roster/node/afar"
	"roster/node/router"
	"roster/shard"
)

// Config says what an Archiver cuts. All is needed.
type Config struct {
	Router *router.Router
	Afar   *afar.Afar // fetches the states of shards that are not held here
	// Hold stops what moves votes, if it is not stopped, until release or for a while.
	Hold func(ctx context.Context) (release func(context.Context) error, err error)
	// Shards is how many shards the cluster has, the system shard among them.
	Shards func() int
	// Version is the program's, for the manifest.
	Version string
}

// Archiver writes archives of a cluster. Make one with New.
type Archiver struct {
	config  Config
	turn    chan struct{} // holds a token while an archive is being written
	between func()        // called while nothing moves, by tests
}

// New returns an Archiver.
func New(c Config) *Archiver {
	return &Archiver{config: c, turn: make(chan struct{}, 1), between: func() {}}
}

// MaxCuts is how often Backup cuts before it says that the cluster map does not stand still.
const MaxCuts = 3

// Backup writes an archive of all shards to w. Until a cut stands nothing is written: the
// error is then Conflict when the cluster map changed during each of MaxCuts, Overloaded
// while another archive is being written here, and Unavailable when a shard does not answer.
func (a *Archiver) Backup(ctx context.Context, w io.Writer) error {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	default:
		return &roster.Error{Code: roster.CodeOverloaded, RetryAfter: time.Second, Detail: "this node is writing another archive"}
	}
	for cuts := 1; ; cuts++ {
		err := a.write(ctx, w)
		if roster.CodeOf(err) != roster.CodeConflict || cuts == MaxCuts {
			return err
		}
	}
}

// write writes what one cut took.
func (a *Archiver) write(ctx context.Context, w io.Writer) error {
	manifest, parts, err := a.cut(ctx)
	defer release(parts)
	if err != nil {
		return err
	}
	return backup.Write(w, manifest, parts)
}

// cut takes the states of all shards while nothing moves.
func (a *Archiver) cut(ctx context.Context) (m backup.Manifest, parts []backup.Part, err error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	system, err := a.config.Router.Group(roster.SystemShard)
	if err != nil {
		return m, nil, err
	}
	chart, resume, err := a.still(ctx, system)
	if err != nil {
		return m, nil, err
	}
	defer func() {
		if fault := resume(); err == nil {
			err = fault
		}
	}()
	m = backup.Manifest{Cluster: chart.Cluster, ClusterID: chart.ClusterID, Version: a.config.Version, Time: time.Now().UTC(), MapVersion: chart.Version}
	if parts, err = a.capture(ctx); err != nil {
		return m, parts, err
	}
	a.between()
	after, err := a.chart(ctx, system)
	if err == nil && after.Version != chart.Version {
		err = roster.Errorf(roster.CodeConflict, "the cluster map changed from version %d to %d while the shards were cut: try again", chart.Version, after.Version)
	}
	return m, parts, err
}

// still pauses what moves votes, unless it is paused, and returns the map that holds from
// then on. resume undoes that, also when ctx has ended.
func (a *Archiver) still(ctx context.Context, system *shard.Group) (chart roster.ClusterMap, resume func() error, err error) {
	chart, err = a.chart(ctx, system)
	if err != nil || chart.Paused && chart.PausedUntil == 0 {
		return chart, func() error { return nil }, err
	}
	release, err := a.config.Hold(ctx)
	resume = func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), roster.RequestDeadline)
		defer cancel()
		if err := a.await(ctx, system); err != nil { // releasing looks at this replica
			return err
		}
		return release(ctx)
	}
	if err == nil {
		chart, err = a.chart(ctx, system)
	}
	if err != nil {
		_ = resume() // what came first is what to tell
	}
	return chart, resume, err
}

// chart returns the cluster map as a linearizable read sees it.
func (a *Archiver) chart(ctx context.Context, system *shard.Group) (m roster.ClusterMap, err error) {
	if err := a.await(ctx, system); err != nil {
		return m, err
	}
	_, err = system.View(func(v *fsm.View) error { m = v.Map(); return nil })
	if err == nil && m.Version == 0 {
		err = router.ErrNoCluster
	}
	return m, err
}

// await waits until this node's replica has every write that was acknowledged before.
func (a *Archiver) await(ctx context.Context, g *shard.Group) error {
	index, err := a.config.Router.ReadIndex(ctx, g.ID())
	if err != nil {
		return err
	}
	return g.WaitIndex(ctx, index)
}

// capture takes the state of every shard, all at once.
func (a *Archiver) capture(ctx context.Context) ([]backup.Part, error) {
	parts := make([]backup.Part, a.config.Shards())
	all, ctx := errgroup.WithContext(ctx)
	for i := range parts {
		all.Go(func() (err error) {
			parts[i], err = a.part(ctx, roster.ShardID(i))
			return err
		})
	}
	return parts, all.Wait()
}

// part takes the state of one shard: from the replica here, or from a holder's.
func (a *Archiver) part(ctx context.Context, id roster.ShardID) (p backup.Part, err error) {
	g, held := a.config.Router.Held(id)
	if !held || afar.Blank(g) {
		s, err := a.config.Afar.State(ctx, id)
		if err != nil {
			return p, err
		}
		return backup.Part{Shard: backup.Shard{ID: id, Index: s.Index, Term: s.Term, Agents: s.Agents}, State: s}, nil
	}
	if err := g.Readable(); err != nil {
		return p, err
	}
	if err := a.await(ctx, g); err != nil {
		return p, err
	}
	state, agents, err := g.Capture()
	if err != nil {
		return p, err
	}
	_, term := g.Leader()
	return backup.Part{Shard: backup.Shard{ID: id, Index: state.Index(), Term: term, Agents: agents}, State: state}, nil
}

// release lets go of what was fetched.
func release(parts []backup.Part) {
	for _, p := range parts {
		if fetched, ok := p.State.(*afar.State); ok {
			fetched.Close()
		}
	}
}
