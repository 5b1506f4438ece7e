package memservice

import (
	"context"
	"crypto/rand"
	"time"

	"roster"
	"roster/access"
)

// system runs one command in the system shard, which nobody watches. The lock is held.
func (s *Service) system(c roster.Command) error {
	entry := roster.Entry{Shard: roster.SystemShard, At: roster.LogTime(s.config.Now()), Ops: []roster.Op{{Command: c}}}
	return s.mu.system.Apply(entry)[0].Err
}

// Tokens lists the access tokens.
func (s *Service) Tokens(context.Context) ([]roster.AccessToken, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.system(roster.Tick{}) // so that what is left of them is told as of now
	return s.mu.system.View().AccessTokens(), err
}

// CreateToken makes an access token.
func (s *Service) CreateToken(ctx context.Context, n roster.NewToken) (roster.AccessToken, string, error) {
	var random access.Random
	rand.Read(random[:]) //nolint:errcheck // crypto/rand.Read never fails
	token, secret, err := access.Issue(n, random)
	if err != nil {
		return roster.AccessToken{}, "", err
	}
	token.CreatedAt, token.CreatedBy = roster.WallTime(time.Now().UnixNano()), roster.PrincipalFrom(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.system(roster.SetToken{Token: token, TTL: n.TTL}); err != nil {
		return roster.AccessToken{}, "", err
	}
	token.ExpiresIn = n.TTL
	return token, secret, nil
}

// RevokeToken takes an access token away.
func (s *Service) RevokeToken(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.system(roster.DropToken{ID: id})
}

// Recognise returns who shows a secret.
func (s *Service) Recognise(secret string) (access.Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.system(roster.Tick{}); err != nil {
		return access.Caller{}, err
	}
	token, known := s.mu.system.View().AccessToken(access.Hash(secret))
	if !known || token.ExpiresIn < 0 {
		return access.Caller{}, access.Unauthenticated("the token is not known, or no longer")
	}
	policy, err := access.ParsePolicy(token.Rules...)
	return access.Caller{Principal: roster.Principal(token.ID), Policy: policy}, err
}

// Keyring tells of the one member, which has no key to change.
func (s *Service) Keyring(_ context.Context, c roster.KeyChange) (roster.Keyring, error) {
	if c.Act != roster.KeyList {
		return roster.Keyring{}, roster.Errorf(roster.CodeRefused, "there is no cluster key")
	}
	return roster.Keyring{Nodes: []roster.NodeKeys{{Node: Node, Holds: []string{}}}}, nil
}
