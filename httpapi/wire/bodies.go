package wire

import (
	"encoding/json"

	"roster"
)

// DecodeIDs reads {"ids":[…]} with at most roster.BatchMax ids; more are TooLarge.
func DecodeIDs[T ~string](v Value) ([]T, error) {
	ids := []T{}
	there := false
	err := v.Object(func(name string, v Value) error {
		if name != "ids" {
			return v.Unknown("ids")
		}
		there = true
		return v.Array(roster.BatchMax+1, func(i int, v Value) error {
			if i == roster.BatchMax {
				return roster.Errorf(roster.CodeTooLarge, "at most %d ids at once", roster.BatchMax)
			}
			var id T
			err := put(&id, v)
			ids = append(ids, id)
			return err
		})
	})
	return ids, missing(err, there, "ids")
}

// missing returns err, or an error that says that name should be there.
func missing(err error, there bool, name string) error {
	if err == nil && !there {
		return roster.Invalid(name, "the field is missing")
	}
	return err
}

// Batch is a batch of registrations as it was read. Faults stands beside Items: what
// is wrong with an item that could not be read, which holds an id at the most.
type Batch struct {
	Items  []roster.Register
	Faults []error
}

// DecodeBatch reads {"agents":[…],"mode":"create|put"}, mode being create unless it
// is given. More than roster.BatchMax agents are TooLarge; an agent that cannot be
// read is no error of the batch.
func DecodeBatch(v Value) (Batch, error) {
	var b Batch
	mode, there := roster.ModeCreate, false
	err := v.Object(func(name string, v Value) error {
		switch name {
		case "agents":
			there = true
			return v.Array(roster.BatchMax+1, b.add)
		case "mode":
			if err := put(&mode, v); err != nil {
				return err
			}
			if mode != roster.ModeCreate && mode != roster.ModePut {
				return roster.Invalid("", "want create or put")
			}
			return nil
		}
		return v.Unknown("agents or mode")
	})
	for i := range b.Items {
		b.Items[i].Mode = mode
	}
	return b, missing(err, there, "agents")
}

func (b *Batch) add(i int, v Value) error {
	if i == roster.BatchMax {
		return roster.Errorf(roster.CodeTooLarge, "at most %d agents in a batch", roster.BatchMax)
	}
	agent, fault := DecodeAgent(v)
	if fault != nil {
		agent = roster.Agent{}
	}
	b.Items = append(b.Items, roster.Register{Agent: agent})
	b.Faults = append(b.Faults, fault)
	return nil
}

// DecodeHealth reads {"state","reason"}.
func DecodeHealth(v Value) (roster.Health, error) {
	var h roster.Health
	err := v.Object(func(name string, v Value) error {
		switch name {
		case "state":
			return put(&h.State, v)
		case "reason":
			return optional(v, func() error { return put(&h.Reason, v) })
		}
		return v.Unknown("state or reason")
	})
	return h, err
}

// DecodeSession reads {"ttl","id"}; both may be absent.
func DecodeSession(v Value) (roster.OpenSession, error) {
	s := roster.OpenSession{TTL: roster.Duration(roster.SessionTTL)}
	err := v.Object(func(name string, v Value) error {
		switch name {
		case "id":
			return put(&s.ID, v)
		case "ttl":
			text, err := v.Text()
			if err != nil {
				return err
			}
			if err := s.TTL.UnmarshalText([]byte(text)); err != nil || s.TTL != 0 {
				return err
			}
			return roster.Invalid("", "want %v to %v", roster.SessionTTLMin, roster.SessionTTLMax) // 0 would mean the default
		}
		return v.Unknown("ttl or id")
	})
	return s, err
}

// AddressesMax is how many addresses a join may name.
const AddressesMax = 64

// DecodeJoin reads {"addresses":[…]} with 1 to AddressesMax addresses.
func DecodeJoin(v Value) ([]string, error) {
	var addresses []string
	err := v.Object(func(name string, v Value) error {
		if name != "addresses" {
			return v.Unknown("addresses")
		}
		return v.Array(AddressesMax, func(_ int, v Value) error {
			var address string
			err := put(&address, v)
			addresses = append(addresses, address)
			return err
		})
	})
	return addresses, missing(err, len(addresses) > 0, "addresses")
}

// DecodeLeave reads {"force":false}.
func DecodeLeave(v Value) (force bool, err error) {
	err = v.Object(func(name string, v Value) (err error) {
		if name != "force" {
			return v.Unknown("force")
		}
		force, err = v.Flag()
		return err
	})
	return force, err
}

// Rebalance is what POST /v1/rebalance asks for; nil is not asked.
type Rebalance struct {
	Paused *bool
	roster.Layout
}

// DecodeRebalance reads {"paused":true,"readers":"all"}, at least one of the two.
func DecodeRebalance(v Value) (x Rebalance, err error) {
	given := false
	err = v.Object(func(name string, v Value) error {
		given = true
		switch name {
		case "paused":
			paused, err := v.Flag()
			x.Paused = &paused
			return err
		case "readers":
			var text string
			if err := put(&text, v); err != nil {
				return err
			}
			readers, err := roster.ReadersOf(text)
			x.Readers = &readers
			return err
		case "spread":
			x.Spread = new(string)
			return put(x.Spread, v)
		}
		return v.Unknown("paused, readers or spread")
	})
	return x, missing(err, given, "paused, readers or spread")
}

// DecodeMigrateStore reads {"to":"shared"}.
func DecodeMigrateStore(v Value) (to string, err error) {
	err = v.Object(func(name string, v Value) error {
		if name != "to" {
			return v.Unknown("to")
		}
		return put(&to, v)
	})
	return to, missing(err, to != "", "to")
}

// DecodeKeyChange reads {"act","key"} or {"act","fingerprint"}.
func DecodeKeyChange(v Value) (roster.KeyChange, error) {
	var c roster.KeyChange
	err := v.Object(func(name string, v Value) error {
		switch name {
		case "act":
			return put(&c.Act, v)
		case "key":
			return put(&c.Key, v)
		case "fingerprint":
			return put(&c.Fingerprint, v)
		}
		return v.Unknown("act, key or fingerprint")
	})
	err = missing(err, c.Act != "", "act")
	if c.Act == roster.KeyInstall {
		return c, missing(err, c.Key != "", "key")
	}
	return c, missing(err, c.Fingerprint != "", "fingerprint")
}

// DecodeToken reads {"name","rules":[…],"ttl"}; ttl may be absent.
func DecodeToken(v Value) (roster.NewToken, error) {
	var t roster.NewToken
	err := v.Object(func(name string, v Value) error {
		switch name {
		case "name":
			return put(&t.Name, v)
		case "rules":
			return v.Array(roster.TokenRulesMax, func(_ int, v Value) error {
				var rule string
				err := put(&rule, v)
				t.Rules = append(t.Rules, rule)
				return err
			})
		case "ttl":
			text, err := v.Text()
			if err != nil {
				return err
			}
			if err := t.TTL.UnmarshalText([]byte(text)); err != nil || t.TTL != 0 {
				return err
			}
			return roster.Invalid("", "leave it out for a token that does not expire") // 0 would mean that
		}
		return v.Unknown("name, rules or ttl")
	})
	err = missing(err, t.Name != "", "name")
	return t, missing(err, len(t.Rules) > 0, "rules")
}

// Command is a command as it was read: the body's own shape is its kind's business.
type Command struct {
	Kind string
	Body json.RawMessage // part of the bytes that were parsed
}

// DecodeCommand reads {"kind","body"}.
func DecodeCommand(v Value) (Command, error) {
	var c Command
	err := v.Object(func(name string, v Value) error {
		switch name {
		case "kind":
			return put(&c.Kind, v)
		case "body":
			c.Body = v.Raw()
			return nil
		}
		return v.Unknown("kind or body")
	})
	err = missing(err, c.Kind != "", "kind")
	return c, missing(err, c.Body != nil, "body")
}
