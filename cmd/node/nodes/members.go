package nodes

import (
	"cmp"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
)

// membersBody is the API's envelope.
type membersBody struct {
	Members []roster.Member `json:"members"`
}

// Members shows the nodes as the answering one sees them.
func Members(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "members", Short: "Show the nodes of the cluster, as the answering one sees them", Args: o.Args(cobra.NoArgs)}
	return o.Read(cmd, func(ctx context.Context, c *client.Client, w io.Writer, _ []string) error {
		members, err := c.Members(ctx)
		if err != nil {
			return err
		}
		form, colours := o.Form()
		return screen.Show(w, form, colours, membersBody{members}, func() *screen.Table { return MembersTable(members) })
	})
}

// MembersTable lays members out, a line each.
func MembersTable(members []roster.Member) *screen.Table {
	t := &screen.Table{Head: []string{"NODE", "STATE", "HTTP", "ADDRESS", "ZONE", "LEADS", "VOTES", "READS", "VERSION"}}
	for _, m := range members {
		t.Add(string(m.ID), state(m), m.HTTP, m.Address, zone(m), shards(m.LeaderOf), strconv.Itoa(len(m.VoterOf)), strconv.Itoa(len(m.ReaderOf)), m.Version)
	}
	return t
}

// state is how a member stands: one that lives and is to vote nowhere is draining.
func state(m roster.Member) string {
	if m.Draining && m.State == roster.NodeAlive {
		return "draining"
	}
	return string(m.State)
}

// zone is where a member is, by the label that zones have unless another is named.
func zone(m roster.Member) string {
	zone, _ := m.Labels.Get(roster.SpreadDefault)
	return cmp.Or(zone, "-")
}

// shards joins shards with commas; "-" for none.
func shards(ids []roster.ShardID) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = id.String()
	}
	return cmp.Or(strings.Join(words, ","), "-")
}
