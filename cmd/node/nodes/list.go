package nodes

import (
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/cmd/node/screen"
	"roster/cmd/node/survey/sight"
)

// listed is a member with what it says of itself.
type listed struct {
	roster.Member
	Answered bool   `json:"answered"` // else what follows is not known
	Ready    bool   `json:"ready"`
	AgeMS    int64  `json:"age_ms"` // of its oldest replica
	Oldest   string `json:"oldest"` // the shard of that
	Map      uint64 `json:"map"`
	Fault    string `json:"fault,omitempty"` // why it did not answer
}

// listBody is the envelope of the list.
type listBody struct {
	Nodes []listed `json:"nodes"`
}

// List shows the nodes as each of them sees itself.
func List(o Options) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Aliases: []string{"members"}, Short: "Show the nodes, with what each says of itself", Args: o.Args(cobra.NoArgs),
		Long: "Show the nodes of the cluster: how they stand, whether they are drained, where they lead\n" +
			"and vote, and, asking each of them, whether it is ready, how old its oldest replica is and\n" +
			"which cluster map it goes by. A node that does not answer here has ? there.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := o.Survey()
			if err != nil {
				return err
			}
			defer s.Close()
			seen, err := s.Look(cmd.Context())
			if err != nil {
				return err
			}
			body := listBody{list(seen)}
			form, colours := o.Form()
			return screen.Show(o.Stdout, form, colours, body, body.table)
		}}
	return o.Output(cmd)
}

// list joins what is said of the nodes with what they say.
func list(c *sight.Cluster) []listed {
	out := []listed{}
	for _, m := range c.Members {
		l := listed{Member: m}
		for _, n := range c.Nodes {
			if n.ID == m.ID {
				l.Fault = n.Fault
			}
		}
		if n := c.Node(m.ID); n != nil {
			worst, _ := n.Oldest(0)
			l.Answered, l.Ready, l.AgeMS, l.Oldest, l.Map = true, n.Status.Ready, worst.AgeMS, worst.ID.String(), n.Status.Map
		}
		out = append(out, l)
	}
	return out
}

func (b listBody) table() *screen.Table {
	t := &screen.Table{Head: []string{"NODE", "STATE", "READY", "HTTP", "ZONE", "LEADS", "VOTES", "READS", "AGE", "MAP", "VERSION"}}
	for _, l := range b.Nodes {
		ready, age, version := "?", "?", "?"
		if l.Answered {
			ready, age, version = map[bool]string{true: "ok", false: "NOT READY"}[l.Ready], Age(l.AgeMS), strconv.FormatUint(l.Map, 10)
		}
		t.Add(string(l.ID), state(l.Member), ready, l.HTTP, zone(l.Member), shards(l.LeaderOf), strconv.Itoa(len(l.VoterOf)), strconv.Itoa(len(l.ReaderOf)), age, version, l.Version)
	}
	return t
}

// never is an age that stands for none.
const never = 24 * time.Hour

// Age says how old a replica is, from milliseconds.
func Age(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	switch {
	case d > never:
		return "never"
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	}
	return d.String()
}
