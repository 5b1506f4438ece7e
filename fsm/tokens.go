package fsm

import (
	"roster"
	"roster/fsm/codec"
	"roster/fsm/tokens"
)

// changeTokens lets the system shard enter or drop an access token.
func (m *Machine) changeTokens(c roster.Command) error {
	if err := m.system(); err != nil {
		return err
	}
	return m.tokens.Apply(m.now, c)
}

// tokenSection is the access tokens as a section. Snapshots of before have none.
type tokenSection struct{ *tokens.Table }

func (s tokenSection) tag() uint64 { return tagTokens }

func (s tokenSection) export(in func(roster.Key) bool, put func(func(*codec.Writer))) {
	if in(roster.SystemKey) {
		s.Export(put)
	}
}

func (s tokenSection) load(r *codec.Reader) { s.Load(r) }
