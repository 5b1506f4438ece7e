package system

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"roster"
	"roster/bench/peers/process"
	"roster/bench/peers/record"
	"roster/bench/peers/serve"
	"roster/client"
)

// Stores of Roster.
const (
	storeLean   = "roster"
	storeShared = "roster/16"
	storeClient = "roster/client"
)

// Roster is three processes of "roster node".
type Roster struct {
	servers
	members []serve.Member // Client is the HTTP API
	version string
	h2c     bool
}

var _ System = (*Roster)(nil)

// NewRoster returns a Roster in site, from the program at binary; version is what
// About calls it.
func NewRoster(site *process.Site, binary, version string) *Roster {
	r := &Roster{servers: servers{site: site}, version: version}
	r.launch = func(i int) (*process.Process, error) {
		return site.Start(r.members[i].Name, binary, r.args(i)...)
	}
	return r
}

func (r *Roster) args(i int) []string {
	m := r.members[i]
	joins := make([]string, len(r.members))
	for k := range r.members {
		joins[k] = r.members[k].Peer
	}
	return []string{"node", "--cluster", "peers", "--name", m.Name, "--key-file", r.keyFile(), "--data-dir", m.Dir, "--bind", m.Peer,
		"--http", m.Client, "--join", strings.Join(joins, ","), "--expect", fmt.Sprint(len(r.members)), "--durability", string(roster.DurabilitySync)}
}

func (r *Roster) keyFile() string { return filepath.Join(r.site.Dir, "key") }

// Name implements System.
func (r *Roster) Name() string { return "roster" }

// About implements System.
func (r *Roster) About() string {
	return fmt.Sprintf("Roster %s, three nodes, as shipped: 8 shards, durability sync. %s: HTTP/1.1 and JSON, a keep-alive connection for each request under way (HTTP/1.1 carries one at a time); %s: the same over at most %d connections, for which callers wait (%s); %s: the Go client, min(N, %d) clients with pools of their own",
		r.version, storeLean, storeShared, ConnectionsMax, r.sharedBy(), storeClient, ConnectionsMax)
}

func (r *Roster) sharedBy() string {
	if r.h2c {
		return "HTTP/2 is offered: many requests on each"
	}
	return "HTTP/2 without TLS is not offered: one request on each"
}

// Stores implements System.
func (r *Roster) Stores() []string { return []string{storeLean, storeShared, storeClient} }

// Start implements System.
func (r *Roster) Start(ctx context.Context) error {
	var err error
	if r.members, err = trioOf(r.site, "roster"); err != nil {
		return err
	}
	if err = os.WriteFile(r.keyFile(), []byte(base64.StdEncoding.EncodeToString(make([]byte, 32))), 0o600); err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	if err = r.startAll(ctx, len(r.members)); err != nil {
		return err
	}
	if err = r.Ready(ctx); err != nil {
		return err
	}
	r.h2c = offersH2C(ctx, r.members[0].Client)
	return nil
}

// Ready implements System.
func (r *Roster) Ready(ctx context.Context) error { return r.await(ctx, "Roster is ready", r.ready) }

func (r *Roster) ready(ctx context.Context) error {
	for _, m := range r.members {
		if _, err := fetch(ctx, m.Client, "/readyz"); err != nil {
			return err
		}
	}
	return nil
}

// fetch gets a path of a node.
func fetch(ctx context.Context, address, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, answerMax))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.300s", path, answer.Status, body)
	}
	return body, err
}

// Leader implements System: the node that leads most shards.
func (r *Roster) Leader(ctx context.Context) (int, error) {
	var list struct {
		Members []roster.Member `json:"members"`
	}
	body, err := fetch(ctx, r.members[0].Client, "/v1/members")
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return 0, fmt.Errorf("roster: members: %w", err)
	}
	best, most := 0, 0
	for i, m := range r.members {
		for _, member := range list.Members {
			if member.Name == m.Name && len(member.LeaderOf) > most {
				best, most = i, len(member.LeaderOf)
			}
		}
	}
	if most == 0 {
		return 0, errors.New("roster: nobody leads")
	}
	return best, nil
}

func (r *Roster) addresses() []string {
	out := make([]string, len(r.members))
	for i, m := range r.members {
		out[i] = m.Client
	}
	return out
}

// Connect implements System.
func (r *Roster) Connect(ctx context.Context, store string, callers int) (Store, error) {
	switch store {
	case storeLean:
		return newLean(r.addresses(), callers), nil
	case storeShared:
		if r.h2c {
			return newH2C(r.addresses(), connections(callers)), nil
		}
		return newShared(newLean(r.addresses(), connections(callers)), connections(callers)), nil
	case storeClient:
		return r.clients(connections(callers))
	}
	return nil, fmt.Errorf("roster: no store %q", store)
}

// clients returns Go clients each of which prefers another node.
func (r *Roster) clients(n int) (*clientStore, error) {
	s := &clientStore{}
	for i := range n {
		at := i % len(r.members)
		addresses := append(r.addresses()[at:], r.addresses()[:at]...)
		c, err := client.New(client.Config{Addresses: addresses})
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("roster client: %w", err)
		}
		s.clients = append(s.clients, c)
	}
	return s, nil
}

// ConnectTo implements System.
func (r *Roster) ConnectTo(ctx context.Context, server int) (Store, error) {
	if err := process.AwaitPort(ctx, r.members[server].Client); err != nil {
		return nil, err
	}
	return newLean([]string{r.members[server].Client}, 1), nil
}

// Surviving implements System: its classes are fleets, one in each shard.
func (r *Roster) Surviving(ctx context.Context) (Store, []string, error) {
	s, err := r.clients(len(r.members))
	if err != nil {
		return nil, nil, err
	}
	classes := []string{}
	seen := map[roster.ShardID]bool{}
	const tries = 8 * classesMax
	for i := 0; i < tries && len(classes) < classesMax; i++ {
		class := fmt.Sprintf("bench/fo%d", i)
		id := record.Class(class, 0)
		if err = s.Put(ctx, 0, Item{id, record.MakeFor(id, i, 1)}); err != nil {
			break
		}
		shard, lookErr := s.shardOf(ctx, id)
		if err = lookErr; err != nil {
			break
		}
		if !seen[shard] {
			seen[shard] = true
			classes = append(classes, class)
		}
	}
	if err != nil {
		s.Close()
		return nil, nil, err
	}
	return s, classes, nil
}
