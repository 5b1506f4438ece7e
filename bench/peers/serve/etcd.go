package serve

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"go.etcd.io/etcd/server/v3/embed"
)

// etcdQuota lets a million records fit; the shipped 2 GiB would do for them, but not
// for the history of a long run.
const etcdQuota = 8 << 30

// EtcdConfig returns the configuration of one etcd member: as shipped, but for
// addresses, directory, quota and how much it logs. Heartbeat is 100 ms, election
// 1000 ms, and fsync is on.
func EtcdConfig(m Member) *embed.Config {
	c := embed.NewConfig()
	c.Name, c.Dir = m.Name, m.Dir
	c.ListenClientUrls, c.AdvertiseClientUrls = plain(m.Client), plain(m.Client)
	c.ListenPeerUrls, c.AdvertisePeerUrls = plain(m.Peer), plain(m.Peer)
	members := make([]string, 0, len(m.Peers))
	for _, peer := range m.Peers {
		name, address, _ := strings.Cut(peer, "=")
		members = append(members, name+"=http://"+address)
	}
	c.InitialCluster = strings.Join(members, ",")
	c.InitialClusterToken = "peers"
	c.QuotaBackendBytes = etcdQuota
	c.LogLevel = "error"
	return c
}

func plain(address string) []url.URL { return []url.URL{{Scheme: "http", Host: address}} }

// Etcd runs one etcd member until ctx ends.
func Etcd(ctx context.Context, m Member) error {
	c := EtcdConfig(m)
	if err := c.Validate(); err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	member, err := embed.StartEtcd(c)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer member.Close()
	select {
	case <-ctx.Done():
		return nil
	case err := <-member.Err():
		return fmt.Errorf("etcd: %w", err)
	case <-member.Server.StopNotify():
		return errors.New("etcd: the member stopped by itself")
	}
}
