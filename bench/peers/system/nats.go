package system

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"roster/bench/peers/process"
	"roster/bench/peers/serve"
)

const (
	natsBucket = "roster"
	natsStream = "KV_" + natsBucket
	// natsPendingMax bounds what a client publishes ahead of its acknowledgements.
	natsPendingMax = 4096
)

// NATS is three NATS servers with JetStream.
type NATS struct {
	servers
	members []serve.Member
}

var _ System = (*NATS)(nil)

// NewNATS returns a NATS in site; program is this program, which serves as a member.
func NewNATS(site *process.Site, program string) *NATS {
	n := &NATS{servers: servers{site: site}}
	n.launch = func(i int) (*process.Process, error) {
		return site.Start(n.members[i].Name, program, append([]string{"serve-nats"}, n.members[i].Args()...)...)
	}
	return n
}

// Name implements System.
func (n *NATS) Name() string { return "nats" }

// About implements System.
func (n *NATS) About() string {
	return fmt.Sprintf("NATS %s, three servers, JetStream KV bucket: 3 replicas, file storage, history 1, sync_interval always; nats.go, min(N, %d) connections; local: direct get; linearizable: get from the stream's leader, which does not ask a quorum",
		versionOf("github.com/nats-io/nats-server/v2"), ConnectionsMax)
}

// Stores implements System.
func (n *NATS) Stores() []string { return []string{"nats"} }

// Start implements System.
func (n *NATS) Start(ctx context.Context) error {
	var err error
	if n.members, err = trioOf(n.site, "nats"); err != nil {
		return err
	}
	if err = n.startAll(ctx, len(n.members)); err != nil {
		return err
	}
	return n.Ready(ctx)
}

// Ready implements System.
func (n *NATS) Ready(ctx context.Context) error {
	return n.await(ctx, "NATS is ready", func(ctx context.Context) error {
		for i := range n.members {
			if err := n.healthy(ctx, i); err != nil {
				return err
			}
		}
		return n.makeBucket(ctx)
	})
}

// makeBucket makes the bucket, or finds it made.
func (n *NATS) makeBucket(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := nats.Connect(n.members[0].Client)
	if err != nil {
		return err
	}
	defer c.Close()
	js, err := jetstream.New(c)
	if err != nil {
		return err
	}
	_, err = js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: natsBucket, History: 1, Replicas: 3, Storage: jetstream.FileStorage})
	return err
}

// healthy asks a server's health page, which counts only streams that are up to date.
func (n *NATS) healthy(ctx context.Context, server int) error {
	_, err := fetch(ctx, n.members[server].Status, "/healthz")
	return err
}

// Leader implements System.
func (n *NATS) Leader(ctx context.Context) (int, error) {
	c, err := nats.Connect(n.members[0].Client)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	js, err := jetstream.New(c)
	if err != nil {
		return 0, err
	}
	stream, err := js.Stream(ctx, natsStream)
	if err != nil {
		return 0, err
	}
	if state := stream.CachedInfo(); state.Cluster != nil {
		for i, m := range n.members {
			if m.Name == state.Cluster.Leader {
				return i, nil
			}
		}
	}
	return 0, errors.New("nats: the stream has no leader")
}

// Connect implements System. Connections go to the servers in turn, as clients of a
// fleet would.
func (n *NATS) Connect(ctx context.Context, _ string, callers int) (Store, error) {
	s := &natsStore{}
	for i := range connections(callers) {
		urls := make([]string, len(n.members))
		for k := range n.members {
			urls[k] = n.members[(i+k)%len(n.members)].Client
		}
		if err := s.add(ctx, nats.DontRandomize(), strings.Join(urls, ",")); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// ConnectTo implements System. NATS answers a direct get from any replica, so what
// says that this server's own is right is its health page.
func (n *NATS) ConnectTo(ctx context.Context, server int) (Store, error) {
	if err := process.Await(ctx, "NATS is healthy", func(ctx context.Context) error { return n.healthy(ctx, server) }); err != nil {
		return nil, err
	}
	s := &natsStore{}
	if err := s.add(ctx, nats.DontRandomize(), n.members[server].Client); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Surviving implements System.
func (n *NATS) Surviving(ctx context.Context) (Store, []string, error) {
	s, err := n.Connect(ctx, "nats", 3)
	return s, oneClass(), err
}

// natsStore speaks to a bucket: callers share its connections.
type natsStore struct {
	connections []*nats.Conn
	streams     []jetstream.JetStream
	buckets     []jetstream.KeyValue
}

func (s *natsStore) add(ctx context.Context, option nats.Option, urls string) error {
	c, err := nats.Connect(urls, option, nats.MaxReconnects(-1), nats.ReconnectWait(50*time.Millisecond))
	if err != nil {
		return fmt.Errorf("nats client: %w", err)
	}
	s.connections = append(s.connections, c)
	js, err := jetstream.New(c, jetstream.WithPublishAsyncMaxPending(natsPendingMax))
	if err != nil {
		return fmt.Errorf("nats client: %w", err)
	}
	bucket, err := js.KeyValue(ctx, natsBucket)
	if err != nil {
		return fmt.Errorf("nats client: %w", err)
	}
	s.streams, s.buckets = append(s.streams, js), append(s.buckets, bucket)
	return nil
}

// natsKey spells an id with the characters that a key may have.
func natsKey(id string) string { return strings.Replace(id, "~", "=", 1) }

// Put implements Store.
func (s *natsStore) Put(ctx context.Context, caller int, item Item) error {
	_, err := s.buckets[caller%len(s.buckets)].Put(ctx, natsKey(item.ID), item.Value)
	return err
}

// PutBatch implements Store: all records are published, then all acknowledgements
// awaited.
func (s *natsStore) PutBatch(ctx context.Context, caller int, items []Item) error {
	js := s.streams[caller%len(s.streams)]
	futures := make([]jetstream.PubAckFuture, len(items))
	for i, item := range items {
		var err error
		if futures[i], err = js.PublishAsync("$KV."+natsBucket+"."+natsKey(item.ID), item.Value); err != nil {
			return err
		}
	}
	for _, f := range futures {
		select {
		case <-f.Ok():
		case err := <-f.Err():
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// Get implements Store.
func (s *natsStore) Get(ctx context.Context, caller int, id string, level Level) ([]byte, error) {
	if level == Linearizable {
		return s.fromLeader(ctx, caller, id)
	}
	entry, err := s.buckets[caller%len(s.buckets)].Get(ctx, natsKey(id))
	if err != nil {
		return nil, err
	}
	return entry.Value(), nil
}

// fromLeader asks the stream's leader, as a bucket without direct get does.
func (s *natsStore) fromLeader(ctx context.Context, caller int, id string) ([]byte, error) {
	request, err := json.Marshal(map[string]string{"last_by_subj": "$KV." + natsBucket + "." + natsKey(id)})
	if err != nil {
		return nil, err
	}
	answer, err := s.connections[caller%len(s.connections)].RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+natsStream, request)
	if err != nil {
		return nil, err
	}
	var got struct {
		Message *struct {
			Data []byte `json:"data"`
		} `json:"message"`
		Error struct {
			Code int `json:"code"`
		} `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &got); err != nil {
		return nil, err
	}
	if got.Error.Code == http.StatusNotFound {
		return nil, fmt.Errorf("nats: %s: %w", id, errMissing)
	}
	if got.Message == nil {
		return nil, fmt.Errorf("nats: %s: %s", id, answer.Data)
	}
	return got.Message.Data, nil
}

// Close implements Store.
func (s *natsStore) Close() {
	for _, c := range s.connections {
		c.Close()
	}
}
