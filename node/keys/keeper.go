package keys

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"roster"
	"roster/keyring"
)

// MethodKeys is what nodes call on one another. The number is part of the protocol between
// nodes.
const MethodKeys uint8 = 13

// askedMax bounds how many nodes are asked at one time.
const askedMax = 32

// Config says whose keys are kept, and how others are reached.
type Config struct {
	Ring *keyring.Ring
	Self roster.NodeID
	// Alive lists the live members, this node among them.
	Alive  func() []roster.NodeID
	Call   func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	Logger *slog.Logger
}

// Keeper changes keys everywhere and answers for this node's.
type Keeper struct{ config Config }

// New returns the keeper of a node.
func New(c Config) *Keeper { return &Keeper{c} }

// message is what one node asks of another: Act "" asks for its keys. Sealed is the key to
// install: see keyring.Ring.Seal.
type message struct {
	Act         roster.KeyAct    `json:"act"`
	Sealed      []byte           `json:"sealed,omitempty"`
	Fingerprint string           `json:"fingerprint,omitempty"`
	By          roster.Principal `json:"by,omitempty"`
}

// Keyring carries out one step on all living nodes and says what each holds then. Errors:
// Invalid; Refused with the names of nodes that lack the key or use it; Unavailable with the
// names of nodes that did not answer, beside what the others hold.
func (k *Keeper) Keyring(ctx context.Context, c roster.KeyChange) (roster.Keyring, error) {
	ctx, cancel := context.WithTimeout(ctx, roster.RequestDeadline)
	defer cancel()
	m := message{Act: c.Act, Fingerprint: c.Fingerprint, By: roster.PrincipalFrom(ctx)}
	switch c.Act {
	case roster.KeyList:
	case roster.KeyInstall:
		key, err := keyring.Parse(c.Key)
		if err == nil {
			m.Sealed, err = k.config.Ring.Seal(key)
		}
		if err != nil {
			return roster.Keyring{}, err
		}
	case roster.KeyUse, roster.KeyRemove:
		seen := k.all(ctx, message{})
		if err := judge(c, seen); err != nil {
			return seen, err
		}
	default:
		return roster.Keyring{}, roster.Invalid("act", "act %q: want install, use or remove", string(c.Act))
	}
	done := k.all(ctx, m)
	if c.Act == roster.KeyList {
		return done, nil // an error beside a node says enough
	}
	return done, missed(done)
}

// judge says whether a step may be taken, given what all nodes hold.
func judge(c roster.KeyChange, seen roster.Keyring) error {
	if err := missed(seen); err != nil {
		return err
	}
	var lack, use []string
	for _, n := range seen.Nodes {
		if !slices.Contains(n.Holds, c.Fingerprint) {
			lack = append(lack, string(n.Node))
		}
		if n.Uses == c.Fingerprint {
			use = append(use, string(n.Node))
		}
	}
	switch {
	case len(lack) == len(seen.Nodes):
		return roster.Errorf(roster.CodeNotFound, "no node holds a key with fingerprint %q: list shows them", c.Fingerprint)
	case c.Act == roster.KeyUse && len(lack) > 0:
		return roster.Errorf(roster.CodeRefused, "not all nodes hold key %s: install it again; it lacks on %s", c.Fingerprint, strings.Join(lack, ", "))
	case c.Act == roster.KeyRemove && len(use) > 0:
		return roster.Errorf(roster.CodeRefused, "key %s is in use on %s: use another one first", c.Fingerprint, strings.Join(use, ", "))
	}
	return nil
}

// missed is the error about nodes that failed to answer or to do it; nil when there are none.
func missed(seen roster.Keyring) error {
	var bad []string
	for _, n := range seen.Nodes {
		if n.Error != "" {
			bad = append(bad, string(n.Node)+" ("+n.Error+")")
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return roster.Errorf(roster.CodeUnavailable, "not all living nodes answered, so not all have done it: repeat it when they do: %s", strings.Join(bad, ", "))
}

// all sends a message to every living node, this one among them.
func (k *Keeper) all(ctx context.Context, m message) roster.Keyring {
	body, err := json.Marshal(m)
	members := k.config.Alive()
	seen := roster.Keyring{Nodes: make([]roster.NodeKeys, len(members))}
	var asked sync.WaitGroup
	room := make(chan struct{}, askedMax)
	for i, member := range members {
		room <- struct{}{}
		asked.Go(func() {
			defer func() { <-room }()
			seen.Nodes[i] = k.one(ctx, member, body, err)
		})
	}
	asked.Wait()
	return seen
}

func (k *Keeper) one(ctx context.Context, to roster.NodeID, body []byte, err error) roster.NodeKeys {
	var answer []byte
	switch {
	case err != nil:
	case to == k.config.Self:
		answer, err = k.Serve(to, body)
	default:
		answer, err = k.config.Call(ctx, to, MethodKeys, body)
	}
	var n roster.NodeKeys
	if err == nil {
		err = json.Unmarshal(answer, &n)
	}
	if err != nil {
		n = roster.NodeKeys{Holds: []string{}, Error: err.Error()}
	}
	n.Node = to // its own word is not asked for
	return n
}

// Serve does what a node asks, this one too, and answers with what this node holds then.
func (k *Keeper) Serve(from roster.NodeID, body []byte) ([]byte, error) {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, roster.Errorf(roster.CodeInternal, "malformed message between nodes: do all nodes run compatible versions?")
	}
	if err := k.do(m); err != nil {
		return nil, err
	}
	var n roster.NodeKeys
	n.Uses, n.Holds = k.config.Ring.Prints()
	if m.Act != roster.KeyList {
		k.config.Logger.Info("cluster keys changed", "act", m.Act, "by", m.By, "asked", from, "uses", n.Uses, "holds", n.Holds)
	}
	return json.Marshal(n)
}

func (k *Keeper) do(m message) error {
	switch m.Act {
	case roster.KeyList:
		return nil
	case roster.KeyInstall:
		key, err := k.config.Ring.Unseal(m.Sealed)
		if err != nil {
			return err
		}
		return k.config.Ring.Install(key)
	case roster.KeyUse:
		return k.config.Ring.Use(m.Fingerprint)
	case roster.KeyRemove:
		return k.config.Ring.Remove(m.Fingerprint)
	}
	return roster.Errorf(roster.CodeInvalid, "unknown act %q: do all nodes run compatible versions?", m.Act)
}
