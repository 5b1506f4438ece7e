package query

import (
	"fmt"
	"roster"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "[]",
		"  ?!  ":                    "[]",
		"demo/Planner-1":            "[demo planner 1]",
		"GPT4o, gpt4o":              "[gpt4o gpt4o]",
		"Größe ÉTÉ x_y":             "[größe été x y]",
		"日本語 テスト":                   "[日本語 テスト]",
		"a\x00b\xffc":               "[a b c]",
		"v10.2 https://h:80/?q=a+b": "[v10 2 https h 80 q a b]",
	} {
		if got := fmt.Sprint(Words(text)); got != want {
			t.Errorf("Words(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestScore(t *testing.T) {
	for text, want := range map[string]uint64{
		"":               0,
		"demo":           weightID * exactTimes,
		"dem":            weightID,
		"Planner":        (weightID + weightCapability) * exactTimes,
		"plan":           weightID + weightCapability + weightDescription,
		"plans":          weightDescription * exactTimes,
		"gold":           weightLabel * exactTimes,
		"dot":            weightLabel,
		"tier":           0, // the keys of labels are not searched
		"route trip":     weightCapability*exactTimes + weightDescription,
		"trip route":     weightCapability*exactTimes + weightDescription,
		"trip trip":      weightDescription,
		"lanner":         0,
		"quoted! \"xl\"": (weightDescription + weightLabel) * exactTimes,
	} {
		c := compile(t, roster.Query{Text: text})
		if got := c.Score(planner()); got != want {
			t.Errorf("Score(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestWordsOfACompiledText(t *testing.T) {
	c := compile(t, roster.Query{Text: "Two one TWO"})
	if got := fmt.Sprint(c.Words()); got != "[one two]" {
		t.Errorf("Words() = %s", got)
	}
}

// A record matches a text exactly when each of its words begins a word that a text
// index holds for the record, and only what matches scores for every word.
func TestTextEqualsTheIndex(t *testing.T) {
	alphabet := rapid.StringOfN(rapid.RuneFrom([]rune("aAbB1- /.äÄßİıΣςσǅ日½٣\u0301")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		r := &roster.Record{Agent: roster.Agent{
			ID:           "a/ab-1",
			Capabilities: []roster.Capability{{Name: alphabet.Draw(t, "capability")}},
			Labels:       roster.MapOf(map[string]string{"k": alphabet.Draw(t, "label")}),
			Description:  alphabet.Draw(t, "description"),
		}}
		text := alphabet.Draw(t, "text")
		c, err := Compile(roster.Query{Text: text})
		if err != nil {
			t.Skip(err.Error())
		}
		held := RecordWords(r)
		want := true
		for _, word := range Words(text) {
			want = want && slices.ContainsFunc(held, func(s string) bool { return strings.HasPrefix(s, word) })
		}
		if got := c.Match(r); got != want {
			t.Fatalf("text %q: %v, want %v for the words %q", text, got, want, held)
		}
		if want && c.Score(r) < uint64(len(c.Words()))*weightDescription {
			t.Fatalf("text %q scores %d", text, c.Score(r))
		}
	})
}
