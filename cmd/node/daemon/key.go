package daemon

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// KeyBytes is how long a cluster key is.
const KeyBytes = 32

// DevelopmentKey is the key that the compose files carry. Everybody can read it
// there, so a node that is given it warns.
const DevelopmentKey = "DlUg+B5LkVeqNiYQDoFVOR+j+uELydXOfSdG1Jeoytg="

// ParseKey reads a key as "roster keygen" prints it.
func ParseKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, fmt.Errorf("not base64: make a key with: roster keygen")
	}
	if len(key) != KeyBytes {
		return nil, fmt.Errorf("the key has %d bytes, want %d: make one with: roster keygen", len(key), KeyBytes)
	}
	return key, nil
}

// ReadKey reads a key file, as a node does. The text is for ParseKey.
func ReadKey(name string) (string, error) { return readKey(name) }

// readKey reads a key file. One that every user of the machine can read is refused:
// whoever has the key is trusted by the cluster.
func readKey(name string) (string, error) {
	text, err := readSecret(name, 0o004, "everybody")
	if err == nil && text == "" {
		return "", fmt.Errorf("%s is empty: make a key with: roster keygen", name)
	}
	return text, err
}

// secretFileMax is how much of a file may be a secret.
const secretFileMax = 1024

// readSecret reads a file that those whom the bits of its mode stand for must not read.
func readSecret(name string, forbidden fs.FileMode, whom string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return "", err
	}
	if stat.Mode().Perm()&forbidden != 0 {
		return "", fmt.Errorf("%s can be read by %s: run chmod 600 %s", name, whom, name)
	}
	raw, err := io.ReadAll(io.LimitReader(file, secretFileMax))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(raw), nil
}

// NewKey returns KeyBytes that nobody can guess.
func NewKey() []byte {
	key := make([]byte, KeyBytes)
	_, _ = rand.Read(key) // never fails, as its documentation promises
	return key
}

// WriteKey puts a key into a new file that only its owner can read. A key that is
// overwritten is a cluster that no node can enter again, so a file that is there is
// fs.ErrExist and stays as it is.
func WriteKey(name string, key []byte) error {
	return WriteSecret(name, base64.StdEncoding.EncodeToString(key))
}

// WriteSecret puts a line into a new file, as WriteKey does.
func WriteSecret(name, secret string) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(secret + "\n")
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		_ = os.Remove(name) // half a key serves nobody
	}
	return err
}
