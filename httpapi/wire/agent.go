package wire

import (
	"slices"
	"strings"

	"roster"
)

// agentFields is what an agent body may hold.
const agentFields = "id, capabilities, labels, endpoints, description, metadata, session, on_end or secret"

// DecodeAgent reads an agent. A member that is null counts as absent, except the id.
func DecodeAgent(v Value) (roster.Agent, error) {
	var a roster.Agent
	err := v.Object(func(name string, v Value) (err error) {
		switch name {
		case "id":
			return put(&a.ID, v)
		case "capabilities":
			return optional(v, func() error { a.Capabilities, err = decodeCapabilities(v); return err })
		case "labels":
			return optional(v, func() error { a.Labels, err = decodeMap(v); return err })
		case "endpoints":
			return optional(v, func() error { a.Endpoints, err = decodeEndpoints(v); return err })
		case "description":
			return optional(v, func() error { return put(&a.Description, v) })
		case "metadata":
			return optional(v, func() error { a.Metadata, err = decodeMap(v); return err })
		case "session":
			return optional(v, func() error { return put(&a.Session, v) })
		case "on_end":
			return optional(v, func() error { return put(&a.OnEnd, v) })
		case "secret":
			return optional(v, func() error { return put(&a.Secret, v) })
		}
		return v.Unknown(agentFields)
	})
	return a.Canonical(), err
}

// put reads a string into field.
func put[T ~string](field *T, v Value) error {
	s, err := v.Text()
	*field = T(s)
	return err
}

// optional reads v unless it is null.
func optional(v Value, read func() error) error {
	if v.IsNull() {
		return nil
	}
	return read()
}

func decodeCapabilities(v Value) ([]roster.Capability, error) {
	out := []roster.Capability{}
	err := v.Array(roster.CapabilitiesMax, func(_ int, v Value) error {
		c := roster.Capability{Attributes: roster.Map{}}
		err := v.Object(func(name string, v Value) (err error) {
			switch name {
			case "name":
				return put(&c.Name, v)
			case "version":
				return optional(v, func() error { return put(&c.Version, v) })
			case "attributes":
				return optional(v, func() error { c.Attributes, err = decodeMap(v); return err })
			}
			return v.Unknown("name, version or attributes")
		})
		out = append(out, c)
		return err
	})
	return out, err
}

func decodeEndpoints(v Value) ([]roster.Endpoint, error) {
	out := []roster.Endpoint{}
	err := v.Array(roster.EndpointsMax, func(_ int, v Value) error {
		var e roster.Endpoint
		err := v.Object(func(name string, v Value) error {
			switch name {
			case "name":
				return optional(v, func() error { return put(&e.Name, v) })
			case "url":
				return put(&e.URL, v)
			}
			return v.Unknown("name or url")
		})
		out = append(out, e)
		return err
	})
	return out, err
}

// mapEntriesMax bounds what one map of a body is decoded into; the rules of each
// field, which are stricter, come with validation.
const mapEntriesMax = roster.MetadataMax

// decodeMap reads an object of strings.
func decodeMap(v Value) (roster.Map, error) {
	patch, err := decodePatch(v)
	if err == nil && len(patch.Delete) > 0 {
		return nil, roster.Invalid(patch.Delete[0], "want a string, not null")
	}
	if patch.Set == nil {
		return roster.Map{}, err
	}
	return patch.Set, err
}

// decodePatch reads an object of strings and nulls: a null deletes its key. No key is
// there twice in a checked body.
func decodePatch(v Value) (p roster.MapPatch, err error) {
	err = v.Object(func(name string, v Value) error {
		if len(p.Set)+len(p.Delete) >= mapEntriesMax {
			return roster.Invalid("", "more than %d entries", mapEntriesMax)
		}
		if v.IsNull() {
			p.Delete = append(p.Delete, name)
			return nil
		}
		text, err := v.Text()
		p.Set = append(p.Set, roster.Pair{Key: name, Value: text})
		return err
	})
	if !slices.IsSortedFunc(p.Set, byKey) {
		slices.SortFunc(p.Set, byKey)
	}
	return p, err
}

func byKey(a, b roster.Pair) int { return strings.Compare(a.Key, b.Key) }
