package keyring_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"roster"
	"roster/keyring"
)

func key(b byte) []byte { return bytes.Repeat([]byte{b}, keyring.KeyBytes) }

func print(b byte) string { return keyring.Fingerprint(key(b)) }

func open(t *testing.T, path string, given byte) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(path, key(given))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// holds wants these keys, the one in use first.
func holds(t *testing.T, what string, r *keyring.Ring, want ...byte) {
	t.Helper()
	_, got := r.Prints()
	var prints []string
	for _, b := range want {
		prints = append(prints, print(b))
	}
	slices.Sort(got[1:])
	slices.Sort(prints[1:])
	if !slices.Equal(got, prints) {
		t.Errorf("%s: holds %v, want %v", what, got, prints)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestWhichCounts: the ring of the data directory or the key that the node is started with.
func TestWhichCounts(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps func(*testing.T, *keyring.Ring)
		given []byte // of the starts that follow
		want  []byte // after the last of them
	}{
		{"nothing was changed", func(*testing.T, *keyring.Ring) {}, []byte{1}, []byte{1}},
		{"a key was installed", install(2), []byte{1}, []byte{1, 2}},
		{"the old key file after all is done", rotate, []byte{1}, []byte{2}},
		{"the key file follows", rotate, []byte{2, 2}, []byte{2}},
		{"the key file goes ahead", install(2), []byte{2}, []byte{1, 2}},
		{"it was down: the new key by hand", func(*testing.T, *keyring.Ring) {}, []byte{2}, []byte{2}},
		{"the same with a ring of its own", install(3), []byte{2}, []byte{2}},
		{"and the removed one does not come back with a restart", rotate, []byte{2, 2, 2}, []byte{2}},
	} {
		path := filepath.Join(t.TempDir(), "keyring.json")
		r := open(t, path, 1)
		test.steps(t, r)
		for _, given := range test.given {
			r = open(t, path, given)
		}
		holds(t, test.name, r, test.want...)
	}
}

func install(b byte) func(*testing.T, *keyring.Ring) {
	return func(t *testing.T, r *keyring.Ring) { must(t, r.Install(key(b))) }
}

func rotate(t *testing.T, r *keyring.Ring) {
	must(t, r.Install(key(2)))
	must(t, r.Use(print(2)))
	must(t, r.Remove(print(1)))
}

func TestRefusals(t *testing.T) {
	r := open(t, "", 1)
	for what, refusal := range map[string]struct {
		err  error
		code roster.Code
	}{
		"use of what is not there":  {r.Use(print(2)), roster.CodeNotFound},
		"removal of the one in use": {r.Remove(print(1)), roster.CodeRefused},
		"half a key":                {r.Install(key(2)[1:]), roster.CodeInvalid},
		"removal of nothing":        {r.Remove(print(9)), ""},
	} {
		if roster.CodeOf(refusal.err) != refusal.code {
			t.Errorf("%s: %v", what, refusal.err)
		}
	}
	for b := byte(2); b <= keyring.KeysMax; b++ {
		must(t, r.Install(key(b)))
		must(t, r.Install(key(b))) // twice is once
	}
	if err := r.Install(key(99)); roster.CodeOf(err) != roster.CodeRefused {
		t.Errorf("one too many: %v", err)
	}
	if _, err := keyring.Open("", nil); roster.CodeOf(err) != roster.CodeInvalid {
		t.Errorf("no key: %v", err)
	}
}

// TestFileIsPrivateOrRefused: of mode 600, and one that is not, or is damaged, is told of
// without its keys.
func TestFileIsPrivateOrRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	r := open(t, path, 1)
	must(t, r.Install(key(2)))
	stat, err := os.Stat(path)
	must(t, err)
	if stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", stat.Mode())
	}
	good, err := os.ReadFile(path)
	must(t, err)
	secret := base64.StdEncoding.EncodeToString(key(2))
	if !bytes.Contains(good, []byte(secret)) {
		t.Fatal("the file does not hold the key: nobody has looked for anything")
	}
	golden := `{"format":1,"given":"` + print(1) + `","keys":["` + secret + `"]}`
	must(t, os.WriteFile(path, []byte(golden), 0o600))
	holds(t, "format 1", open(t, path, 1), 2)
	for name, text := range map[string]string{
		"cut off": string(good[:len(good)-10]), "newer": `{"format":2}`, "empty": `{"format":1,"keys":[]}`,
		"no key": strings.Replace(golden, secret, secret[1:], 1), "nothing": "",
	} {
		must(t, os.WriteFile(path, []byte(text), 0o600))
		if _, err := keyring.Open(path, key(1)); roster.CodeOf(err) != roster.CodeInvalid || strings.Contains(err.Error(), secret[1:]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, os.WriteFile(path, good, 0o600))
	must(t, os.Chmod(path, 0o644))
	if _, err := keyring.Open(path, key(1)); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable by others: %v", err)
	}
}

// TestWhatCannotBeKeptIsNotDone: a change that is not on the disk is no change.
func TestWhatCannotBeKeptIsNotDone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	r := open(t, filepath.Join(dir, "keyring.json"), 1)
	if err := r.Install(key(2)); roster.CodeOf(err) != roster.CodeInternal {
		t.Errorf("it was kept nowhere: %v", err)
	}
	holds(t, "after the failure", r, 1)
	must(t, os.Mkdir(dir, 0o700))
	must(t, r.Install(key(2)))
	holds(t, "with a directory", r, 1, 2)
}

// TestHear: who hears is told the keys at once and at each change, and may fail it.
func TestHear(t *testing.T) {
	r := open(t, "", 1)
	var heard []string
	refuse := errors.New("deaf")
	var fail error
	must(t, r.Hear(func(use []byte, others [][]byte) error {
		heard = append(heard, keyring.Fingerprint(use)+strings.Repeat("+", len(others)))
		return fail
	}))
	rotate(t, r)
	want := []string{print(1), print(1) + "+", print(2) + "+", print(2)}
	if !slices.Equal(heard, want) {
		t.Errorf("heard %v, want %v", heard, want)
	}
	if fail = refuse; !errors.Is(r.Install(key(3)), refuse) {
		t.Error("who hears cannot fail")
	}
}

// TestSeal: a key travels to who holds the one in use, or held it, and to nobody else; and
// nothing of it can be read.
func TestSeal(t *testing.T) {
	a, b := open(t, "", 1), open(t, "", 2)
	sealed, err := a.Seal(key(7))
	must(t, err)
	if bytes.Contains(sealed, key(7)[:4]) {
		t.Error("it can be read")
	}
	if _, err := b.Unseal(sealed); roster.CodeOf(err) != roster.CodeDenied {
		t.Errorf("a stranger reads it: %v", err)
	}
	must(t, b.Install(key(1)))
	got, err := b.Unseal(sealed)
	must(t, err)
	if !bytes.Equal(got, key(7)) {
		t.Error("another key came out")
	}
	for _, bad := range [][]byte{nil, sealed[:20], append(bytes.Clone(sealed), 0), append([]byte{1}, sealed[1:]...)} {
		if bytes.Equal(bad, sealed) {
			continue
		}
		if _, err := a.Unseal(bad); roster.CodeOf(err) != roster.CodeDenied {
			t.Errorf("%d changed bytes: %v", len(bad), err)
		}
	}
}
