package system

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"roster/bench/peers/process"
	"roster/bench/peers/serve"
)

// Etcd is three etcd members.
type Etcd struct {
	servers
	members []serve.Member
}

var _ System = (*Etcd)(nil)

// NewEtcd returns an etcd in site; program is this program, which serves as a member.
func NewEtcd(site *process.Site, program string) *Etcd {
	e := &Etcd{servers: servers{site: site}}
	e.launch = func(i int) (*process.Process, error) {
		return site.Start(e.members[i].Name, program, append([]string{"serve-etcd"}, e.members[i].Args()...)...)
	}
	return e
}

// Name implements System.
func (e *Etcd) Name() string { return "etcd" }

// About implements System.
func (e *Etcd) About() string {
	return fmt.Sprintf("etcd %s, three members, as shipped: heartbeat 100 ms, election 1000 ms, fsync on (quota 8 GiB); clientv3, all three endpoints, min(N, %d) clients",
		versionOf("go.etcd.io/etcd/server/v3"), ConnectionsMax)
}

// Stores implements System.
func (e *Etcd) Stores() []string { return []string{"etcd"} }

// trioOf returns three members on free ports, with directories in site.
func trioOf(site *process.Site, name string) ([]serve.Member, error) {
	const each = 3
	free, err := process.FreeAddresses(3 * each)
	if err != nil {
		return nil, err
	}
	members := make([]serve.Member, 3)
	peers := make([]string, len(members))
	for i := range members {
		n := name + strconv.Itoa(i+1)
		members[i] = serve.Member{Name: n, Dir: filepath.Join(site.Dir, n), Client: free[each*i], Peer: free[each*i+1], Status: free[each*i+2]}
		peers[i] = n + "=" + members[i].Peer
	}
	for i := range members {
		members[i].Peers = peers
	}
	return members, nil
}

// Start implements System.
func (e *Etcd) Start(ctx context.Context) error {
	var err error
	if e.members, err = trioOf(e.site, "etcd"); err != nil {
		return err
	}
	if err = e.startAll(ctx, len(e.members)); err != nil {
		return err
	}
	return e.Ready(ctx)
}

// Ready implements System.
func (e *Etcd) Ready(ctx context.Context) error {
	return e.await(ctx, "etcd is ready", func(ctx context.Context) error {
		for i := range e.members {
			if err := process.AwaitPort(ctx, e.members[i].Client); err != nil {
				return err
			}
		}
		_, err := e.Leader(ctx)
		return err
	})
}

// Leader implements System.
func (e *Etcd) Leader(ctx context.Context) (int, error) {
	for i, m := range e.members {
		c, err := etcdClient(m.Client)
		if err != nil {
			return 0, err
		}
		status, err := c.Status(ctx, m.Client)
		_ = c.Close()
		if err != nil {
			return 0, err
		}
		if status.Leader == status.Header.MemberId {
			return i, nil
		}
	}
	return 0, errors.New("etcd: no leader")
}

// Connect implements System.
func (e *Etcd) Connect(_ context.Context, _ string, callers int) (Store, error) {
	endpoints := make([]string, len(e.members))
	for i, m := range e.members {
		endpoints[i] = m.Client
	}
	return etcdConnect(connections(callers), endpoints...)
}

// ConnectTo implements System.
func (e *Etcd) ConnectTo(ctx context.Context, server int) (Store, error) {
	if err := process.AwaitPort(ctx, e.members[server].Client); err != nil {
		return nil, err
	}
	return etcdConnect(1, e.members[server].Client)
}

// Surviving implements System.
func (e *Etcd) Surviving(ctx context.Context) (Store, []string, error) {
	s, err := e.Connect(ctx, "etcd", 3)
	return s, oneClass(), err
}

// etcdStore speaks to etcd: callers share its clients.
type etcdStore struct{ clients []*clientv3.Client }

func etcdClient(endpoints ...string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: endpoints, Logger: zap.NewNop()})
}

func etcdConnect(n int, endpoints ...string) (*etcdStore, error) {
	s := &etcdStore{}
	for range n {
		c, err := etcdClient(endpoints...)
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("etcd client: %w", err)
		}
		s.clients = append(s.clients, c)
	}
	return s, nil
}

func (s *etcdStore) client(caller int) *clientv3.Client { return s.clients[caller%len(s.clients)] }

// Put implements Store.
func (s *etcdStore) Put(ctx context.Context, caller int, item Item) error {
	_, err := s.client(caller).Put(ctx, item.ID, string(item.Value))
	return err
}

// PutBatch implements Store: one transaction.
func (s *etcdStore) PutBatch(ctx context.Context, caller int, items []Item) error {
	ops := make([]clientv3.Op, len(items))
	for i, item := range items {
		ops[i] = clientv3.OpPut(item.ID, string(item.Value))
	}
	_, err := s.client(caller).Txn(ctx).Then(ops...).Commit()
	return err
}

// Get implements Store.
func (s *etcdStore) Get(ctx context.Context, caller int, id string, level Level) ([]byte, error) {
	var options []clientv3.OpOption
	if level == Local {
		options = append(options, clientv3.WithSerializable())
	}
	got, err := s.client(caller).Get(ctx, id, options...)
	if err != nil {
		return nil, err
	}
	if len(got.Kvs) != 1 {
		return nil, fmt.Errorf("etcd: %s: %w", id, errMissing)
	}
	return got.Kvs[0].Value, nil
}

// Close implements Store.
func (s *etcdStore) Close() {
	for _, c := range s.clients {
		_ = c.Close() // what it was asked is answered
	}
}
