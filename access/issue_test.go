package access

import (
	"strings"
	"testing"

	"roster"
)

// TestIssue: the id of a token tells nothing of its secret.
func TestIssue(t *testing.T) {
	var random Random
	for i := range random {
		random[i] = byte(i)
	}
	token, secret, err := Issue(roster.NewToken{Name: "n", Rules: []string{"read"}}, random)
	if err != nil {
		t.Fatal(err)
	}
	if token.ID != "0001020304050607" || token.Hash != Hash(secret) || !IsSecret(secret) {
		t.Errorf("token %+v", token)
	}
	if other, same, err := Issue(roster.NewToken{Name: "n", Rules: []string{"read"}}, Random{}); err != nil || other.ID == token.ID || same == secret {
		t.Errorf("other bits, the same token: %v", err)
	}
	random[0]++ // of the id
	if _, again, err := Issue(roster.NewToken{Name: "n", Rules: []string{"read"}}, random); err != nil || again != secret || strings.Contains(secret, token.ID) {
		t.Errorf("the secret depends on the id: %v", err)
	}
	for _, bad := range []roster.NewToken{{Rules: []string{"read"}}, {Name: "n"}, {Name: "n", Rules: []string{"fly"}}} {
		if _, _, err := Issue(bad, random); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%+v: %v, want Invalid", bad, err)
		}
	}
}
