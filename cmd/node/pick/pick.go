package pick

import (
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/cmd/node/intake"
)

// Selection is the flags that select agents.
type Selection struct {
	capabilities, labels, namespaces, nodes, statuses, health []string
	text, filter                                              string
}

// Selecting gives cmd the flags that select agents.
func Selecting(cmd *cobra.Command) *Selection {
	s, f := &Selection{}, cmd.Flags()
	f.StringArrayVar(&s.capabilities, "capability", nil, "capability that the agent must have; may be repeated")
	f.StringArrayVar(&s.labels, "label", nil, "key=value that the agent must bear; may be repeated")
	f.StringArrayVar(&s.namespaces, "namespace", nil, "namespace of the agent")
	f.StringArrayVar(&s.nodes, "node", nil, "node that the agent is placed on")
	f.StringArrayVar(&s.statuses, "status", nil, "where the agent stands in its life, such as registered")
	f.StringArrayVar(&s.health, "health", nil, "passing, warning or critical")
	f.StringVar(&s.text, "text", "", "words that must all match, each as a prefix; best first")
	f.StringVar(&s.filter, "filter", "", `expression, such as: labels.tier == "gold" and "code" in capabilities.name`)
	return s
}

// Query returns what the flags select, or which of them cannot be read.
func (s *Selection) Query() (roster.Query, error) {
	labels, err := intake.Pairs("label", s.labels)
	return roster.Query{
		Capabilities: s.capabilities, Labels: labels, Namespaces: s.namespaces, Nodes: s.nodes,
		Statuses: s.statuses, Health: s.health, Text: s.text, Filter: s.filter,
	}, err
}

// Freshness is the flags that say what a read may answer from.
type Freshness struct {
	level, after string
	maxAge       time.Duration
}

// Reading gives cmd the flags that say what a read may answer from.
func Reading(cmd *cobra.Command) *Freshness {
	r, f := &Freshness{}, cmd.Flags()
	f.StringVar(&r.level, "read", "", "local, fresh or linearizable (default local)")
	f.StringVar(&r.after, "after", "", "token that the answer must have seen; implies --read fresh")
	f.DurationVar(&r.maxAge, "max-age", 0, "oldest replica that may answer; implies --read fresh")
	return r
}

// Read returns what the flags say.
func (r *Freshness) Read() roster.Read {
	level := roster.Level(r.level)
	if level == "" && (r.after != "" || r.maxAge != 0) {
		level = roster.ReadFresh
	}
	return roster.Read{Level: level, After: roster.Token(r.after), MaxAge: r.maxAge}
}
