package tokens

import (
	"fmt"
	"strings"
	"testing"

	"roster"
	"roster/fsm/codec"
)

func token(n int) roster.SetToken {
	return roster.SetToken{Token: roster.AccessToken{ID: fmt.Sprintf("id-%d", n), Name: "name", Rules: []string{"read"}, Hash: fmt.Sprintf("hash-%d", n)}}
}

func TestRefusals(t *testing.T) {
	table := New()
	if err := table.Set(0, token(1)); err != nil {
		t.Fatal(err)
	}
	bad := func(change func(*roster.SetToken)) roster.SetToken {
		c := token(2)
		change(&c)
		return c
	}
	for name, c := range map[string]struct {
		command roster.SetToken
		code    roster.Code
	}{
		"id taken":   {bad(func(c *roster.SetToken) { c.Token.ID = "id-1" }), roster.CodeConflict},
		"hash taken": {bad(func(c *roster.SetToken) { c.Token.Hash = "hash-1" }), roster.CodeConflict},
		"no id":      {bad(func(c *roster.SetToken) { c.Token.ID = "" }), roster.CodeInvalid},
		"no hash":    {bad(func(c *roster.SetToken) { c.Token.Hash = "" }), roster.CodeInvalid},
		"long hash":  {bad(func(c *roster.SetToken) { c.Token.Hash = strings.Repeat("x", idMax+1) }), roster.CodeInvalid},
		"no name":    {bad(func(c *roster.SetToken) { c.Token.Name = "" }), roster.CodeInvalid},
		"no rules":   {bad(func(c *roster.SetToken) { c.Token.Rules = nil }), roster.CodeInvalid},
		"back":       {bad(func(c *roster.SetToken) { c.TTL = -1 }), roster.CodeInvalid},
	} {
		if err := table.Set(0, c.command); roster.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
	if err := table.Drop("id-2"); roster.CodeOf(err) != roster.CodeNotFound {
		t.Errorf("dropped what is not there: %v", err)
	}
	if len(table.All(0)) != 1 {
		t.Errorf("refusals left %d tokens", len(table.All(0)))
	}
}

// TestFullTable: one too many is refused, and nobody is thrown out for it.
func TestFullTable(t *testing.T) {
	table := New()
	for n := range roster.AccessTokensMax {
		if err := table.Set(0, token(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := table.Set(0, token(-1)); roster.CodeOf(err) != roster.CodeOverloaded {
		t.Errorf("a token more than fit: %v", err)
	}
	if err := table.Drop("id-7"); err != nil {
		t.Fatal(err)
	}
	if _, ok := table.ByHash("hash-7", 0); ok {
		t.Error("a token that was dropped opens the door")
	}
	if err := table.Set(0, token(-1)); err != nil {
		t.Errorf("there is room, and yet: %v", err)
	}
}

func TestEnds(t *testing.T) {
	table := New()
	c := token(1)
	c.TTL = 100
	if err := table.Set(50, c); err != nil {
		t.Fatal(err)
	}
	for now, left := range map[roster.LogTime]roster.Duration{50: 100, 149: 1, 150: -1, 151: -1, 160: -10} {
		if token, ok := table.ByHash("hash-1", now); !ok || token.ExpiresIn != left {
			t.Errorf("at %d: %d left, want %d", now, token.ExpiresIn, left)
		}
	}
	if at, ok := table.Next(); !ok || at != 150+roster.EndedKeep {
		t.Errorf("it is forgotten at %v", at)
	}
	if table.Forget(149+roster.EndedKeep) || !table.Forget(150+roster.EndedKeep) || table.Forget(150+roster.EndedKeep) {
		t.Error("it is forgotten too early, never or twice")
	}
	if _, ok := table.ByHash("hash-1", 0); ok || len(table.All(0)) != 0 {
		t.Error("it was forgotten and is still there")
	}
}

// TestExport: what was exported loads into the same table, once.
func TestExport(t *testing.T) {
	table := New()
	for n := range 3 {
		c := token(n)
		c.TTL = roster.Duration(n)
		if err := table.Set(5, c); err != nil {
			t.Fatal(err)
		}
	}
	copied := table.Capture()
	if err := table.Drop("id-0"); err != nil { // the copy stays what it was
		t.Fatal(err)
	}
	loaded := New()
	copied.Export(func(write func(*codec.Writer)) {
		w := codec.NewWriter(nil)
		write(w)
		raw, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		r := codec.NewReader(raw)
		if loaded.Load(r); r.Finish() != nil {
			t.Error(r.Err())
		}
		r = codec.NewReader(raw)
		if loaded.Load(r); r.Err() == nil {
			t.Error("a token was loaded twice")
		}
	})
	if got, want := fmt.Sprint(loaded.All(5)), fmt.Sprint(copied.All(5)); got != want || len(loaded.All(0)) != 3 {
		t.Errorf("loaded %s, want %s", got, want)
	}
	if at, ok := loaded.Next(); !ok || at != 6+roster.EndedKeep {
		t.Errorf("the loaded ones are forgotten from %v on", at)
	}
}
