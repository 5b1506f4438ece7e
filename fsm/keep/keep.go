package keep

import (
	"hash/maphash"
	"slices"
	"strings"

	"roster"
)

const (
	// shareMax bounds the bytes of what is shared, and with the size of the pools what
	// they hold beside the records.
	shareMax = 1 << 10
	// joinMax bounds a text that is put together with others, as shareMax bounds all of
	// them: one that stays while the rest is replaced holds on to it.
	joinMax = 256
)

// Keeper remembers what records have alike. Make one with New.
type Keeper struct {
	seed         maphash.Seed
	room         int
	texts        pool[string]
	maps         pool[roster.Map]
	capabilities pool[[]roster.Capability]
	endpoints    pool[[]roster.Endpoint]
	own          []*string // texts of the present record that nobody shares
}

// New returns a Keeper that remembers nothing.
func New() *Keeper {
	k := &Keeper{seed: maphash.MakeSeed()}
	k.resize(roomMin)
	return k
}

func (k *Keeper) resize(room int) {
	k.room = room
	k.texts.resize(room)
	k.maps.resize(room)
	k.capabilities.resize(room)
	k.endpoints.resize(room)
}

// Fit lets the pools grow with the number of records.
func (k *Keeper) Fit(records int) {
	if room := min(4*k.room, roomMax); records > 8*k.room && room > k.room {
		k.resize(room)
	}
}

// Keep gives r memory of its own, or what it shares with records before it: nothing of
// what r referred to is held any longer, but what it has in common with old, the
// agent's last record or nil.
func (k *Keeper) Keep(old, r *roster.Record) {
	if old == nil {
		old = &roster.Record{}
	}
	k.said(old, r)
	k.lived(old, r)
}

// KeepLived is Keep where the agent says the same of itself, in the same memory, which
// then need not be looked at; its session may be another.
func (k *Keeper) KeepLived(old, r *roster.Record) { k.lived(old, r) }

// said keeps what an agent says of itself, its session aside.
func (k *Keeper) said(old, r *roster.Record) {
	k.id((*string)(&r.ID), string(old.ID))
	r.Capabilities = k.someCapabilities(old.Capabilities, r.Capabilities)
	r.Labels = k.someMap(old.Labels, r.Labels)
	r.Endpoints = k.someEndpoints(old.Endpoints, r.Endpoints)
	k.text(&r.Description, old.Description)
	r.Metadata = k.changedMap(old.Metadata, r.Metadata)
	constant(&r.OnEnd, roster.OnEndDeregister, roster.OnEndCritical)
}

// lived keeps what changes while an agent says the same, and joins what is new.
func (k *Keeper) lived(old, r *roster.Record) {
	k.id((*string)(&r.Session), string(old.Session))
	constant(&r.Status, roster.Statuses...)
	constant(&r.Health.State, roster.HealthStates...)
	constant(&r.Owner.Kind, roster.OwnedByNobody, roster.OwnedBySession, roster.OwnedByPlacement)
	k.text(&r.Health.Reason, old.Health.Reason)
	k.text((*string)(&r.Node), string(old.Node))
	k.id(&r.SecretHash, old.SecretHash)
	if r.Owner.ID != string(r.Session) {
		k.id(&r.Owner.ID, old.Owner.ID)
	}
	k.join()
	if r.Owner.ID == string(r.Session) {
		r.Owner.ID = string(r.Session)
	}
}

// constant replaces a text by the equal one of a few that cost nothing. Another is
// cloned: the rules let none through, but a snapshot might hold one.
func constant[T ~string](s *T, known ...T) {
	if i := slices.Index(known, *s); i >= 0 {
		*s = known[i]
		return
	}
	*s = T(strings.Clone(string(*s)))
}

// id keeps a text that no other agent has.
func (k *Keeper) id(s *string, old string) {
	switch {
	case *s == old:
		*s = old
	case len(*s) > joinMax:
		*s = strings.Clone(*s)
	default:
		k.own = append(k.own, s)
	}
}

// text keeps a text that others may have too.
func (k *Keeper) text(s *string, old string) {
	if *s == old || len(*s) > shareMax {
		k.id(s, old)
		return
	}
	hash := maphash.String(k.seed, *s)
	if shared, ok := k.texts.get(hash); ok && shared == *s {
		*s = shared
		return
	}
	if !k.texts.again(hash) {
		k.id(s, old)
		return
	}
	*s = strings.Clone(*s)
	k.texts.put(hash, *s)
}

// join gives the texts that are the record's own one piece of memory.
func (k *Keeper) join() {
	n := 0
	for _, s := range k.own {
		n += len(*s)
	}
	var b strings.Builder
	if n <= shareMax {
		b.Grow(n)
	}
	for _, s := range k.own {
		if n > shareMax {
			*s = strings.Clone(*s)
			continue
		}
		at := b.Len()
		b.WriteString(*s)
		*s = b.String()[at:]
	}
	clear(k.own)
	k.own = k.own[:0]
}

// step mixes a text into the hash of a list.
func (k *Keeper) step(hash uint64, s string) uint64 {
	return (hash<<7|hash>>57)*0x9e3779b97f4a7c15 ^ maphash.String(k.seed, s)
}

func (k *Keeper) someMap(old, m roster.Map) roster.Map {
	if len(m) == 0 {
		return roster.Map{}
	}
	if slices.Equal(m, old) {
		return old
	}
	var hash uint64
	size := 0
	for i := range m {
		hash = k.step(k.step(hash, m[i].Key), m[i].Value)
		size += len(m[i].Key) + len(m[i].Value)
	}
	if shared, ok := k.maps.get(hash); ok && slices.Equal(shared, m) {
		return shared
	}
	if size <= shareMax && k.maps.again(hash) {
		m = shareMap(m)
		k.maps.put(hash, m)
		return m
	}
	m = slices.Clone(m)
	for i := range m {
		k.text(&m[i].Key, "")
		k.text(&m[i].Value, "")
	}
	return m
}

// changedMap keeps a map of which others seldom have the like. Where values alone have
// changed since the last record, those are all that is looked at.
func (k *Keeper) changedMap(old, m roster.Map) roster.Map {
	if len(m) == 0 || !slices.EqualFunc(old, m, func(a, b roster.Pair) bool { return a.Key == b.Key }) {
		return k.someMap(old, m)
	}
	changed := false
	for i := range m {
		changed = changed || m[i].Value != old[i].Value
	}
	if !changed {
		return old
	}
	m = slices.Clone(m)
	for i := range m {
		m[i].Key = old[i].Key
		k.text(&m[i].Value, old[i].Value)
	}
	return m
}

// shareMap copies a map so that it depends on no record.
func shareMap(m roster.Map) roster.Map {
	out := make(roster.Map, len(m))
	for i := range m {
		out[i] = roster.Pair{Key: strings.Clone(m[i].Key), Value: strings.Clone(m[i].Value)}
	}
	return out
}

func sameCapability(a, b roster.Capability) bool {
	return a.Name == b.Name && a.Version == b.Version && slices.Equal(a.Attributes, b.Attributes)
}

func (k *Keeper) someCapabilities(old, list []roster.Capability) []roster.Capability {
	if len(list) == 0 {
		return []roster.Capability{}
	}
	if slices.EqualFunc(list, old, sameCapability) {
		return old
	}
	var hash uint64
	size := 0
	for i := range list {
		c := &list[i]
		hash = k.step(k.step(hash, c.Name), c.Version)
		size += len(c.Name) + len(c.Version)
		for j := range c.Attributes {
			hash = k.step(k.step(hash, c.Attributes[j].Key), c.Attributes[j].Value)
			size += len(c.Attributes[j].Key) + len(c.Attributes[j].Value)
		}
	}
	if shared, ok := k.capabilities.get(hash); ok && slices.EqualFunc(shared, list, sameCapability) {
		return shared
	}
	share := size <= shareMax && k.capabilities.again(hash)
	list = slices.Clone(list)
	for i := range list {
		c := &list[i]
		if share {
			*c = roster.Capability{Name: strings.Clone(c.Name), Version: strings.Clone(c.Version), Attributes: shareMap(c.Attributes)}
			continue
		}
		k.text(&c.Name, "")
		k.text(&c.Version, "")
		c.Attributes = k.someMap(nil, c.Attributes)
	}
	if share {
		k.capabilities.put(hash, list)
	}
	return list
}

func (k *Keeper) someEndpoints(old, list []roster.Endpoint) []roster.Endpoint {
	if len(list) == 0 {
		return []roster.Endpoint{}
	}
	if slices.Equal(list, old) {
		return old
	}
	var hash uint64
	size := 0
	for i := range list {
		hash = k.step(k.step(hash, list[i].Name), list[i].URL)
		size += len(list[i].Name) + len(list[i].URL)
	}
	if shared, ok := k.endpoints.get(hash); ok && slices.Equal(shared, list) {
		return shared
	}
	share := size <= shareMax && k.endpoints.again(hash)
	list = slices.Clone(list)
	for i := range list {
		if share {
			list[i] = roster.Endpoint{Name: strings.Clone(list[i].Name), URL: strings.Clone(list[i].URL)}
			continue
		}
		k.text(&list[i].Name, "")
		k.text(&list[i].URL, "")
	}
	if share {
		k.endpoints.put(hash, list)
	}
	return list
}
