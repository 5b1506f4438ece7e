package keyring

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"roster"
	"roster/internal/durable"
)

// fileFormat is the version of the file that this build writes and reads.
const fileFormat = 1

// document is the file. Given is a fingerprint; Keys are base64, the one in use first.
type document struct {
	Format int      `json:"format"`
	Given  string   `json:"given"`
	Keys   []string `json:"keys"`
}

type kept struct {
	given string
	keys  [][]byte
}

// load reads the file at path; false if there is none. One that others can read is refused,
// as a key file is.
func load(path string) (k kept, found bool, err error) {
	stat, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return k, false, nil
	}
	if err != nil {
		return k, false, fault(path, "cannot be read", err)
	}
	if stat.Mode().Perm()&0o077 != 0 {
		return k, false, fault(path, "can be read by others: run chmod 600 "+path, nil)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return k, false, fault(path, "cannot be read", err)
	}
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return k, false, fault(path, "is damaged: restore it, or remove it and give the node the key that the others use", nil) // the cause could hold a key
	}
	if d.Format > fileFormat {
		return k, false, fault(path, "is of a newer build: start that", nil)
	}
	k.given = d.Given
	for _, text := range d.Keys {
		key, err := Parse(text)
		if err != nil {
			return k, false, fault(path, "holds what is no key", nil)
		}
		k.keys = append(k.keys, key)
	}
	if len(k.keys) == 0 || len(k.keys) > KeysMax {
		return k, false, fault(path, "holds no keys, or too many", nil)
	}
	return k, true, nil
}

func fault(path, what string, cause error) error {
	return &roster.Error{Code: roster.CodeInvalid, Detail: "keyring: " + path + " " + what, Cause: cause}
}

// save writes the file so that a crash leaves the old one or the new one.
func (r *Ring) save(keys [][]byte) error {
	if r.path == "" {
		return nil
	}
	d := document{Format: fileFormat, Given: r.given}
	for _, key := range keys {
		d.Keys = append(d.Keys, base64.StdEncoding.EncodeToString(key))
	}
	raw, err := json.MarshalIndent(d, "", "  ")
	if err == nil {
		err = durable.Write(r.path, append(raw, '\n'))
	}
	if err != nil {
		return &roster.Error{Code: roster.CodeInternal, Detail: "keyring: " + r.path + " cannot be written", Cause: err}
	}
	return nil
}
