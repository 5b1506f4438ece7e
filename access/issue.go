package access

import (
	"encoding/hex"

	"roster"
)

// idBytes is how many random bytes the id of a token has; they are none of its secret's.
const idBytes = 8

// Random is what a new token is made of. It must be random, and used once.
type Random [idBytes + SecretBytes]byte

// Issue makes the token that n asks for, and its secret. When and by whom it was made is
// the caller's to add. The error is Invalid for what no token can be.
func Issue(n roster.NewToken, random Random) (roster.AccessToken, string, error) {
	if err := n.Validate(); err != nil {
		return roster.AccessToken{}, "", err
	}
	policy, err := ParsePolicy(n.Rules...)
	if err != nil {
		return roster.AccessToken{}, "", err
	}
	secret := NewSecret([SecretBytes]byte(random[idBytes:]))
	return roster.AccessToken{ID: hex.EncodeToString(random[:idBytes]), Name: n.Name, Rules: policy.Strings(), Hash: Hash(secret)}, secret, nil
}
