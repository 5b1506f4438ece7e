package query

import (
	"roster"
	"strconv"
	"strings"
)

// shape is what a selector stands for.
type shape uint8

const (
	shapeField shape = iota // one value
	shapeList               // its elements
	shapeMap                // its keys
)

// attribute is one row of the table of selectors.
type attribute struct {
	name  string
	shape shape
	field Field // the index that knows its values, if one does
	// any reports whether test holds for any value.
	any func(r *roster.Record, test func(string) bool) bool
	// keyed, for maps: the same for the values under one key; there may be many if
	// keyedShape is a list.
	keyed      func(r *roster.Record, key string, test func(string) bool) bool
	keyedShape shape
	keyedField Field
}

// attributes is the table of all selectors. Where two rows mean the same, the first
// one's name is the canonical one.
var attributes = []attribute{
	one("id", "", func(r *roster.Record) string { return string(r.ID) }),
	one("namespace", FieldNamespace, func(r *roster.Record) string { return r.ID.Namespace() }),
	one("name", "", func(r *roster.Record) string { return r.ID.Name() }),
	one("description", "", func(r *roster.Record) string { return r.Description }),
	one("status", FieldStatus, func(r *roster.Record) string { return string(r.Status) }),
	one("health", FieldHealth, func(r *roster.Record) string { return string(r.Health.State) }),
	one("health.reason", "", func(r *roster.Record) string { return r.Health.Reason }),
	one("node", FieldNode, func(r *roster.Record) string { return string(r.Node) }),
	one("owner.kind", "", func(r *roster.Record) string { return string(r.Owner.Kind) }),
	one("owner.id", "", func(r *roster.Record) string { return r.Owner.ID }),
	one("session", "", func(r *roster.Record) string { return string(r.Session) }),
	one("on_end", "", func(r *roster.Record) string { return string(r.OnEnd) }),
	one("revision", "", func(r *roster.Record) string { return strconv.FormatUint(uint64(r.Revision), 10) }),
	one("epoch", "", func(r *roster.Record) string { return strconv.FormatUint(uint64(r.Epoch), 10) }),
	one("shard", "", func(r *roster.Record) string { return r.Shard.String() }),
	{name: "capabilities", shape: shapeList, field: FieldCapability, any: anyCapability},
	{name: "capabilities.version", shape: shapeList, any: anyVersion},
	{name: "capabilities.attributes", shape: shapeMap, any: anyAttribute, keyed: attributeValues, keyedShape: shapeList},
	{name: "endpoints", shape: shapeList, any: anyEndpoint},
	{name: "endpoints.url", shape: shapeList, any: anyURL},
	{name: "labels", shape: shapeMap, any: anyLabel, keyed: labelValue, keyedField: FieldLabel},
	{name: "metadata", shape: shapeMap, any: anyMetadata, keyed: metadataValue},
}

// aliases are other spellings of a row.
var aliases = map[string]string{
	"capability": "capabilities", "capabilities.name": "capabilities",
	"health.state": "health", "endpoints.name": "endpoints",
}

// one makes the row of a field with a single value.
func one(name string, field Field, get func(*roster.Record) string) attribute {
	return attribute{name: name, field: field, any: func(r *roster.Record, test func(string) bool) bool { return test(get(r)) }}
}

func anyCapability(r *roster.Record, test func(string) bool) bool {
	for i := range r.Capabilities {
		if test(r.Capabilities[i].Name) {
			return true
		}
	}
	return false
}

func anyVersion(r *roster.Record, test func(string) bool) bool {
	for i := range r.Capabilities {
		if test(r.Capabilities[i].Version) {
			return true
		}
	}
	return false
}

func anyAttribute(r *roster.Record, test func(string) bool) bool {
	for i := range r.Capabilities {
		if anyKey(r.Capabilities[i].Attributes, test) {
			return true
		}
	}
	return false
}

func attributeValues(r *roster.Record, key string, test func(string) bool) bool {
	for i := range r.Capabilities {
		if valueAt(r.Capabilities[i].Attributes, key, test) {
			return true
		}
	}
	return false
}

func anyEndpoint(r *roster.Record, test func(string) bool) bool {
	for i := range r.Endpoints {
		if test(r.Endpoints[i].Name) {
			return true
		}
	}
	return false
}

func anyURL(r *roster.Record, test func(string) bool) bool {
	for i := range r.Endpoints {
		if test(r.Endpoints[i].URL) {
			return true
		}
	}
	return false
}

func anyLabel(r *roster.Record, test func(string) bool) bool    { return anyKey(r.Labels, test) }
func anyMetadata(r *roster.Record, test func(string) bool) bool { return anyKey(r.Metadata, test) }

func labelValue(r *roster.Record, key string, test func(string) bool) bool {
	return valueAt(r.Labels, key, test)
}

func metadataValue(r *roster.Record, key string, test func(string) bool) bool {
	return valueAt(r.Metadata, key, test)
}

func anyKey(m roster.Map, test func(string) bool) bool {
	for i := range m {
		if test(m[i].Key) {
			return true
		}
	}
	return false
}

func valueAt(m roster.Map, key string, test func(string) bool) bool {
	v, ok := m.Get(key)
	return ok && test(v)
}

// selector is a row of the table and, for a map, perhaps one key of it.
type selector struct {
	attribute *attribute
	key       string // "" is the whole: a key is never empty
}

func (s selector) any(r *roster.Record, test func(string) bool) bool {
	if s.key != "" {
		return s.attribute.keyed(r, s.key, test)
	}
	return s.attribute.any(r, test)
}

func (s selector) shape() shape {
	if s.key != "" {
		return s.attribute.keyedShape
	}
	return s.attribute.shape
}

// field returns the index that knows the selector's values, "" if none does.
func (s selector) field() Field {
	if s.key != "" {
		return s.attribute.keyedField
	}
	return s.attribute.field
}

// String returns the canonical spelling.
func (s selector) String() string {
	if s.key != "" {
		return s.attribute.name + "[" + strconv.Quote(s.key) + "]"
	}
	return s.attribute.name
}

// resolve finds the selector that a dotted name and the keys in brackets after it
// spell. at is the byte at which it begins.
func resolve(path []string, at int) (selector, error) {
	name := path[0]
	for i, step := range path[1:] {
		if a := lookUp(name); a != nil && a.keyed != nil {
			return keyOf(a, step, len(path) > i+2, at)
		}
		name += "." + step
	}
	if a := lookUp(name); a != nil {
		return selector{attribute: a}, nil
	}
	for i := range attributes {
		a := &attributes[i]
		if key, ok := strings.CutPrefix(name, a.name+"."); ok && a.keyed != nil {
			return keyOf(a, key, false, at)
		}
	}
	return selector{}, bad(at, "unknown selector %s: want one of %s", excerpt(name), known())
}

func keyOf(a *attribute, key string, more bool, at int) (selector, error) {
	switch {
	case key == "":
		return selector{}, bad(at, `%s without a key: want %s.key or %s["key"]`, a.name, a.name, a.name)
	case more:
		return selector{}, bad(at, "%s has values without parts: want one key", a.name)
	}
	return selector{attribute: a, key: key}, nil
}

func lookUp(name string) *attribute {
	if full, ok := aliases[name]; ok {
		name = full
	}
	for i := range attributes {
		if attributes[i].name == name {
			return &attributes[i]
		}
	}
	return nil
}

// known lists the selectors for a message.
func known() string {
	names := make([]string, 0, len(attributes))
	for i := range attributes {
		name := attributes[i].name
		if attributes[i].keyed != nil {
			name += "[.key]"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}
