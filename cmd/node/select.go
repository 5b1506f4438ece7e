package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roster"
)

// selection is the flags that select agents.
type selection struct {
	capabilities, labels, namespaces, nodes, statuses, health []string
	text, filter                                              string
}

func selectionFlags(cmd *cobra.Command) *selection {
	s, f := &selection{}, cmd.Flags()
	f.StringArrayVar(&s.capabilities, "capability", nil, "name or name@version that the agent must have; may be repeated")
	f.StringArrayVar(&s.labels, "label", nil, "key=value that the agent must bear; may be repeated")
	f.StringArrayVar(&s.namespaces, "namespace", nil, "namespace of the agent")
	f.StringArrayVar(&s.nodes, "node", nil, "node that the agent is placed on")
	f.StringArrayVar(&s.statuses, "status", nil, "where the agent stands in its life, such as registered")
	f.StringArrayVar(&s.health, "health", nil, "passing, warning or critical")
	f.StringVar(&s.text, "text", "", "words that must all match, each as a prefix; best first")
	f.StringVar(&s.filter, "filter", "", `expression, such as: labels.tier == "gold" and "code" in capabilities.name`)
	return s
}

// query returns what the flags select.
func (s *selection) query() (roster.Query, error) {
	labels, err := keyValues("label", s.labels)
	return roster.Query{
		Capabilities: s.capabilities, Labels: labels, Namespaces: s.namespaces, Nodes: s.nodes,
		Statuses: s.statuses, Health: s.health, Text: s.text, Filter: s.filter,
	}, err
}

// keyValues splits the values of a flag that takes key=value.
func keyValues(flag string, values []string) ([]roster.Pair, error) {
	out := make([]roster.Pair, 0, len(values))
	for _, value := range values {
		key, text, ok := strings.Cut(value, "=")
		if !ok || key == "" {
			return nil, usagef("--%s %s: want key=value", flag, quoteWord(value))
		}
		out = append(out, roster.Pair{Key: key, Value: text})
	}
	return out, nil
}

// mapFlag returns the values of a flag that takes key=value as a map.
func mapFlag(flag string, values []string) (map[string]string, error) {
	list, err := keyValues(flag, values)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(list))
	for _, p := range list {
		if _, twice := out[p.Key]; twice {
			return nil, usagef("--%s: %s is there twice", flag, quoteWord(p.Key))
		}
		out[p.Key] = p.Value
	}
	return out, nil
}

// freshness is the flags that say what a read may answer from.
type freshness struct {
	level, after string
	maxAge       time.Duration
}

func readFlags(cmd *cobra.Command) *freshness {
	r, f := &freshness{}, cmd.Flags()
	f.StringVar(&r.level, "read", "", "local, fresh or linearizable (default local)")
	f.StringVar(&r.after, "after", "", "token that the answer must have seen; implies --read fresh")
	f.DurationVar(&r.maxAge, "max-age", 0, "oldest replica that may answer; implies --read fresh")
	return r
}

func (r *freshness) read() roster.Read {
	level := roster.Level(r.level)
	if level == "" && (r.after != "" || r.maxAge != 0) {
		level = roster.ReadFresh
	}
	return roster.Read{Level: level, After: roster.Token(r.after), MaxAge: r.maxAge}
}
