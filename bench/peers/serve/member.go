package serve

import (
	"flag"
	"fmt"
	"strings"
)

// Member is one server of a cluster of three, or the only one.
type Member struct {
	Name   string   // unique in its cluster
	Dir    string   // where it keeps its records
	Client string   // host:port for clients
	Peer   string   // host:port for the other members
	Status string   // host:port of the server's own health page; NATS alone has one
	Peers  []string // name=host:port of every member's Peer, its own too
}

// Args are the arguments from which ParseMember makes m again.
func (m Member) Args() []string {
	return []string{"-name", m.Name, "-dir", m.Dir, "-client", m.Client, "-peer", m.Peer, "-status", m.Status, "-peers", strings.Join(m.Peers, ",")}
}

// ParseMember reads what Args wrote.
func ParseMember(args []string) (Member, error) {
	var m Member
	var peers string
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&m.Name, "name", "", "name of the member")
	flags.StringVar(&m.Dir, "dir", "", "directory for its records")
	flags.StringVar(&m.Client, "client", "", "host:port for clients")
	flags.StringVar(&m.Peer, "peer", "", "host:port for members")
	flags.StringVar(&m.Status, "status", "", "host:port of the health page")
	flags.StringVar(&peers, "peers", "", "name=host:port,... of all members")
	if err := flags.Parse(args); err != nil {
		return m, fmt.Errorf("serve: %w", err)
	}
	if peers != "" {
		m.Peers = strings.Split(peers, ",")
	}
	return m, nil
}
