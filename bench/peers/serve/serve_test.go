package serve

import (
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
)

func member(t *testing.T) Member {
	return Member{Name: "n1", Dir: t.TempDir(), Client: "127.0.0.1:4001", Peer: "127.0.0.1:4002", Status: "127.0.0.1:4003",
		Peers: []string{"n1=127.0.0.1:4002", "n2=127.0.0.1:4012"}}
}

// The comparison is worth nothing if a peer does not sync, or is slower than shipped.
func TestEtcdSyncs(t *testing.T) {
	c := EtcdConfig(member(t))
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	if c.UnsafeNoFsync {
		t.Error("etcd does not sync")
	}
	if c.TickMs != 100 || c.ElectionMs != 1000 {
		t.Errorf("heartbeat %d ms, election %d ms: not as shipped", c.TickMs, c.ElectionMs)
	}
	if c.InitialCluster != "n1=http://127.0.0.1:4002,n2=http://127.0.0.1:4012" {
		t.Error(c.InitialCluster)
	}
}

func TestNATSSyncs(t *testing.T) {
	o, err := NATSOptions(member(t))
	if err != nil {
		t.Fatal(err)
	}
	if !o.SyncAlways {
		t.Error("NATS answers before it syncs")
	}
	if !o.JetStream || len(o.Routes) != 2 || o.Port != 4001 || o.Cluster.Port != 4002 {
		t.Errorf("%+v", o)
	}
}

// The negative control: without the words in the file the options say so.
func TestNATSSyncIsNotTheDefault(t *testing.T) {
	config := strings.Replace(NATSConfig(member(t)), "sync_interval: always", "", 1)
	o := &server.Options{}
	if err := o.ProcessConfigString(config); err != nil {
		t.Fatal(err)
	}
	if o.SyncAlways {
		t.Error("as shipped it would sync each write, so TestNATSSyncs shows nothing")
	}
}

func TestMemberArgs(t *testing.T) {
	m := member(t)
	got, err := ParseMember(m.Args())
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != m.Name || got.Dir != m.Dir || got.Status != m.Status || !slices.Equal(got.Peers, m.Peers) {
		t.Errorf("%+v, want %+v", got, m)
	}
	if _, err := ParseMember([]string{"-nonsense"}); err == nil {
		t.Error("an unknown flag was taken")
	}
}
