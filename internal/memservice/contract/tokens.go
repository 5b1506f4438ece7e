package contract

import (
	"slices"
	"strings"
	"time"

	"roster"
)

// tokens makes, lists and revokes access tokens.
func tokens(f *fixture) {
	want := roster.NewToken{Name: f.ns, Rules: []string{"write:payments", "read:payments,read:team-*"}, TTL: roster.Duration(time.Hour)}
	made, secret, err := f.s.CreateToken(f.ctx, want)
	f.must(err)
	if made.ID == "" || made.Name != f.ns || !slices.Equal(made.Rules, []string{"write:payments", "read:team-*"}) || made.ExpiresIn != want.TTL || made.CreatedAt == 0 {
		f.Errorf("made %+v", made)
	}
	if !strings.HasPrefix(secret, "rst_") || made.ID == secret {
		f.Errorf("the secret of token %s has not the form of one", made.ID)
	}
	other, second, err := f.s.CreateToken(f.ctx, roster.NewToken{Name: f.ns, Rules: []string{"admin"}})
	f.must(err)
	if other.ID == made.ID || second == secret || other.ExpiresIn != 0 {
		f.Errorf("made %+v, and before %+v", other, made)
	}
	if all := f.listed(made.ID, other.ID); len(all) != 2 || time.Duration(all[made.ID].ExpiresIn) > time.Hour || all[made.ID].ExpiresIn <= 0 || all[made.ID].Hash != "" && strings.Contains(all[made.ID].Hash, secret) {
		f.Errorf("listed as %+v", all)
	}
	f.must(f.s.RevokeToken(f.ctx, made.ID))
	f.refused(f.s.RevokeToken(f.ctx, made.ID), roster.CodeNotFound)
	if all := f.listed(made.ID, other.ID); len(all) != 1 || all[other.ID].ID != other.ID {
		f.Errorf("after one was revoked: %+v", all)
	}
	f.must(f.s.RevokeToken(f.ctx, other.ID))
	for name, bad := range map[string]roster.NewToken{
		"no name":    {Rules: []string{"read"}},
		"long name":  {Name: strings.Repeat("n", roster.TokenNameMax+1), Rules: []string{"read"}},
		"no rules":   {Name: "n"},
		"bad rule":   {Name: "n", Rules: []string{"read:Payments"}},
		"many rules": {Name: "n", Rules: slices.Repeat([]string{"read"}, roster.TokenRulesMax+1)},
		"short life": {Name: "n", Rules: []string{"read"}, TTL: 1},
		"past":       {Name: "n", Rules: []string{"read"}, TTL: -1},
	} {
		if _, _, err := f.s.CreateToken(f.ctx, bad); roster.CodeOf(err) != roster.CodeInvalid {
			f.Errorf("%s: %v, want Invalid", name, err)
		}
	}
}

// listed returns those of the given tokens that are listed.
func (f *fixture) listed(ids ...string) map[string]roster.AccessToken {
	f.Helper()
	all, err := f.s.Tokens(f.ctx)
	f.must(err)
	found := make(map[string]roster.AccessToken)
	for _, token := range all {
		if slices.Contains(ids, token.ID) {
			found[token.ID] = token
		}
	}
	return found
}
