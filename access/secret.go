package access

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// SecretBytes is how many random bytes a token has.
const SecretBytes = 32

// secretPrefix begins every token, so that people and scanners know one.
const secretPrefix = "rst_"

// SecretLen is how long a token is.
const SecretLen = len(secretPrefix) + (SecretBytes*8+5)/6

// NewSecret returns the token of random bytes.
func NewSecret(random [SecretBytes]byte) string {
	return secretPrefix + base64.RawURLEncoding.EncodeToString(random[:])
}

// IsSecret reports whether text has the form of a token.
func IsSecret(text string) bool {
	rest, ok := strings.CutPrefix(text, secretPrefix)
	if !ok || len(text) != SecretLen {
		return false
	}
	_, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	return err == nil
}

// Hash returns SHA-256 of a token in hexadecimal: all that is kept of it. Nobody finds
// 256 random bits by trying, so there is no salt.
func Hash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// SameHash compares two hashes in a time that says nothing of where they differ. An
// empty one equals none.
func SameHash(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
