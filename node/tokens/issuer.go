package tokens

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"roster"
	"roster/access"
	"roster/fsm"
	"roster/node/router"
)

// Issuer gives out, lists, takes back and recognises tokens.
type Issuer struct {
	router *router.Router
	root   string // hash of the root token; "": none
	mu     struct {
		sync.Mutex
		policies map[string]access.Policy // by hash: tokens never change
	}
}

var _ roster.Tokens = (*Issuer)(nil)

// New returns the issuer of a node; root is the hash of its root token, or "".
func New(r *router.Router, root string) *Issuer {
	t := &Issuer{router: r, root: root}
	t.mu.policies = make(map[string]access.Policy)
	return t
}

// CreateToken makes a token and returns its secret.
func (t *Issuer) CreateToken(ctx context.Context, n roster.NewToken) (roster.AccessToken, string, error) {
	var random access.Random
	rand.Read(random[:]) //nolint:errcheck // crypto/rand.Read never fails
	token, secret, err := access.Issue(n, random)
	if err != nil {
		return roster.AccessToken{}, "", err
	}
	token.CreatedAt, token.CreatedBy = roster.WallTime(time.Now().UnixNano()), roster.PrincipalFrom(ctx)
	if _, err := t.router.ProposeOwn(ctx, roster.SystemShard, roster.SetToken{Token: token, TTL: n.TTL}); err != nil {
		return roster.AccessToken{}, "", err
	}
	token.ExpiresIn = n.TTL
	return token, secret, nil
}

// RevokeToken takes a token away.
func (t *Issuer) RevokeToken(ctx context.Context, id string) error {
	_, err := t.router.ProposeOwn(ctx, roster.SystemShard, roster.DropToken{ID: id})
	return err
}

// Tokens lists the tokens, by id; every write that was answered before is in the list.
func (t *Issuer) Tokens(ctx context.Context) (all []roster.AccessToken, err error) {
	ctx, cancel := router.WithDeadline(ctx)
	defer cancel()
	g, err := t.router.Group(roster.SystemShard)
	if err != nil {
		return nil, err
	}
	index, err := t.router.ReadIndex(ctx, roster.SystemShard)
	if err != nil {
		return nil, err
	}
	if err := g.WaitIndex(ctx, index); err != nil {
		return nil, err
	}
	_, err = g.View(func(v *fsm.View) error {
		all = v.AccessTokens()
		return nil
	})
	return all, err
}

// Recognise returns who shows a secret. Its refusals are Denied with status 401;
// Unavailable means that this node cannot know yet.
func (t *Issuer) Recognise(secret string) (access.Caller, error) {
	if !access.IsSecret(secret) {
		return access.Caller{}, access.Unauthenticated("this is no token: want Authorization: Bearer rst_…")
	}
	hash := access.Hash(secret)
	if access.SameHash(hash, t.root) {
		return access.Caller{Principal: access.RootPrincipal, Policy: access.Root()}, nil
	}
	g, err := t.router.Group(roster.SystemShard)
	if err != nil {
		return access.Caller{}, err
	}
	var token roster.AccessToken
	var known bool
	if _, err := g.View(func(v *fsm.View) error {
		token, known = v.AccessToken(hash)
		return nil
	}); err != nil {
		return access.Caller{}, err
	}
	switch {
	case !known:
		return access.Caller{}, access.Unauthenticated("the token is not known here: it was revoked, or this node has not heard of it yet")
	case token.ExpiresIn < 0:
		return access.Caller{}, access.Unauthenticated("the token has expired")
	}
	policy, err := t.policy(token)
	return access.Caller{Principal: roster.Principal(token.ID), Policy: policy}, err
}

// policy returns what a token's rules allow. They are read once.
func (t *Issuer) policy(token roster.AccessToken) (access.Policy, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if policy, known := t.mu.policies[token.Hash]; known {
		return policy, nil
	}
	policy, err := access.ParsePolicy(token.Rules...)
	if err != nil {
		return access.Policy{}, roster.Errorf(roster.CodeDenied, "the token has rules that this release does not know: ask a node of a newer one")
	}
	if len(t.mu.policies) >= roster.AccessTokensMax { // most of them were revoked
		clear(t.mu.policies)
	}
	t.mu.policies[token.Hash] = policy
	return policy, nil
}
