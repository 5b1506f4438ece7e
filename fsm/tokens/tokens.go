package tokens

import (
	"github.com/tidwall/btree"

	"roster"
	"roster/fsm/aging"
	"roster/fsm/codec"
)

// idMax bounds the id and the hash of a token, in bytes.
const idMax = 128

// Table holds tokens. Make one with New.
type Table struct {
	byID   *btree.Map[string, roster.AccessToken]
	byHash map[string]string // to ids; derived
	order  aging.Order[string]
}

// New returns an empty table.
func New() Table {
	return Table{byID: btree.NewMap[string, roster.AccessToken](0), byHash: make(map[string]string), order: aging.New[string]()}
}

// Apply carries out SetToken or DropToken at log time now. The error is the refusal.
func (t *Table) Apply(now roster.LogTime, c roster.Command) error {
	switch c := c.(type) {
	case roster.SetToken:
		return t.Set(now, c)
	case roster.DropToken:
		return t.Drop(c.ID)
	}
	return roster.Invalid("", "%T is no command about tokens", c)
}

// Set enters a token at log time now.
func (t *Table) Set(now roster.LogTime, c roster.SetToken) error {
	token := c.Token
	if token.ID == "" || token.Hash == "" || max(len(token.ID), len(token.Hash), len(token.CreatedBy)) > idMax || c.TTL < 0 {
		return roster.Invalid("token", "a token wants an id and a hash of 1 to %d bytes", idMax)
	}
	if err := (roster.NewToken{Name: token.Name, Rules: token.Rules}).Validate(); err != nil {
		return err
	}
	if _, there := t.byID.Get(token.ID); there {
		return roster.Errorf(roster.CodeConflict, "there is a token %s already", token.ID)
	}
	if _, there := t.byHash[token.Hash]; there {
		return roster.Errorf(roster.CodeConflict, "there is a token of this secret already")
	}
	if t.byID.Len() >= roster.AccessTokensMax {
		return roster.Errorf(roster.CodeOverloaded, "the cluster has %d tokens: revoke some", roster.AccessTokensMax)
	}
	token.ExpiresIn, token.Expires = 0, 0
	if c.TTL > 0 {
		token.Expires = now + roster.LogTime(c.TTL)
	}
	t.put(token)
	return nil
}

func (t *Table) put(token roster.AccessToken) {
	t.byID.Set(token.ID, token)
	t.byHash[token.Hash] = token.ID
	if token.Expires > 0 {
		t.order.Set(token.ID, token.Expires+roster.EndedKeep)
	}
}

// Drop takes a token away.
func (t *Table) Drop(id string) error {
	token, there := t.byID.Get(id)
	if !there {
		return roster.Errorf(roster.CodeNotFound, "there is no token %.80q", id)
	}
	t.byID.Delete(id)
	delete(t.byHash, token.Hash)
	t.order.Drop(id, token.Expires+roster.EndedKeep)
	return nil
}

// Forget takes away the next token that has been over for long enough, if there is one.
func (t *Table) Forget(now roster.LogTime) bool {
	id, ok := t.order.Due(now)
	if !ok {
		return false
	}
	token, _ := t.byID.Delete(id)
	delete(t.byHash, token.Hash)
	return true
}

// Next returns when the next token is forgotten.
func (t *Table) Next() (roster.LogTime, bool) { return t.order.Next() }

// ByHash returns the token of a secret with what is left of its life at log time now.
func (t *Table) ByHash(hash string, now roster.LogTime) (roster.AccessToken, bool) {
	token, ok := t.byID.Get(t.byHash[hash])
	return left(token, now), ok
}

// All returns every token by id, with what is left of each at log time now; never nil.
func (t *Table) All(now roster.LogTime) []roster.AccessToken {
	all := make([]roster.AccessToken, 0, t.byID.Len())
	t.byID.Scan(func(_ string, token roster.AccessToken) bool {
		all = append(all, left(token, now))
		return true
	})
	return all
}

// left fills in what is left of a token's life. One that ends this very moment is over.
func left(token roster.AccessToken, now roster.LogTime) roster.AccessToken {
	if token.Expires > 0 {
		if token.ExpiresIn = roster.Duration(token.Expires - now); token.ExpiresIn == 0 {
			token.ExpiresIn = -1
		}
	}
	return token
}

// Capture returns the table as it is now, for Export alone.
func (t *Table) Capture() Table { return Table{byID: t.byID.IsoCopy()} }

// Export puts every token, in the order of ids.
func (t *Table) Export(put func(func(*codec.Writer))) {
	t.byID.Scan(func(_ string, token roster.AccessToken) bool {
		put(func(w *codec.Writer) { w.AccessToken(token) })
		return true
	})
}

// Load takes in one token that Export put. One that is there already makes r fail.
func (t *Table) Load(r *codec.Reader) {
	token := r.AccessToken()
	_, sameID := t.byID.Get(token.ID)
	if _, sameHash := t.byHash[token.Hash]; sameID || sameHash {
		r.Fail("token %s is there twice", token.ID)
		return
	}
	t.put(token)
}
