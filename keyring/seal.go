package keyring

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"

	"roster"
)

const sealLabel = "roster keyring seal 1"

// Seal hides a key on its way to another node of the cluster, from who reads the wire where
// there is no TLS: nonce, then AES-GCM under a key drawn from the one in use.
func (r *Ring) Seal(key []byte) ([]byte, error) {
	use, _ := r.Keys()
	box, err := boxOf(use)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce) //nolint:errcheck // crypto/rand.Read never fails
	return box.Seal(nonce, nonce, key, nil), nil
}

// Unseal returns what a holder of one of this node's keys has sealed: Denied for anything
// else.
func (r *Ring) Unseal(sealed []byte) ([]byte, error) {
	use, others := r.Keys()
	for _, key := range append([][]byte{use}, others...) {
		box, err := boxOf(key)
		if err != nil {
			return nil, err
		}
		if len(sealed) < box.NonceSize() {
			break
		}
		if open, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], nil); err == nil {
			return open, nil
		}
	}
	return nil, roster.Errorf(roster.CodeDenied, "the key was sealed under one that this node does not hold")
}

func boxOf(key []byte) (cipher.AEAD, error) {
	drawn, err := hkdf.Key(sha256.New, key, nil, sealLabel, KeyBytes)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(drawn)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
