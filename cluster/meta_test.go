package cluster

import (
	"strings"
	"testing"

	"log/slog"
	"roster"
)

func TestMetaSurvivesTheWire(t *testing.T) {
	want := Meta{Name: "n1", Bind: "node-1:7500", HTTP: "10.0.0.1:7400", Version: "1.2.3-ü"}
	for _, leaving := range []bool{false, true} {
		want.ClusterID = map[bool]string{true: "0123456789abcdef"}[leaving] // with and without
		for _, want.Level = range []int{1, 2, 255} {
			got, left, err := decodeMeta(want.encode(leaving))
			if err != nil || got != want || left != leaving {
				t.Errorf("decoded %+v, %v, %v", got, left, err)
			}
		}
	}
	silent := want
	if want.Level, silent.Level = 1, 0; string(silent.encode(false)) != string(want.encode(false)) {
		t.Error("a node of level 1 says something that those before levels did not")
	}
}

// TestMetaOfTheBuildBefore: its bytes are read, and it reads those of today.
func TestMetaOfTheBuildBefore(t *testing.T) {
	before := []byte("\x01\x00\x02n1\x03b:1\x03h:2\x013")
	want := Meta{Name: "n1", Bind: "b:1", HTTP: "h:2", Version: "3", Level: 1}
	if got, _, err := decodeMeta(before); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	if b := want.encode(false); string(b) != string(before) {
		t.Errorf("without a cluster id: %q", b)
	}
	want.ClusterID = "0123"
	if b := want.encode(false); string(b) != string(before)+"\x040123" { // that build stops after the version
		t.Errorf("with one: %q", b)
	}
}

func TestMetaBounds(t *testing.T) {
	full := Meta{Name: strings.Repeat("n", 255), Bind: strings.Repeat("b", 251)}
	if err := full.Validate(); err != nil || len(full.encode(true)) != MetaBytesMax {
		t.Errorf("%d bytes: %v", len(full.encode(true)), err)
	}
	for name, m := range map[string]Meta{
		"one too many": {Name: full.Name, Bind: full.Bind, Version: "1"},
		"long text":    {Name: "n", HTTP: strings.Repeat("x", 256)},
		"no name":      {HTTP: "h"},
		"control":      {Name: "a\x00"},
		"not UTF-8":    {Name: "\xff"},
	} {
		if err := m.Validate(); roster.CodeOf(err) != roster.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeMeta(f *testing.F) {
	f.Add(Meta{Name: "n1", Bind: "b:1", HTTP: "h:2", Version: "3"}.encode(true))
	f.Add(Meta{Name: "n1", Version: "3", ClusterID: "0123"}.encode(false))
	f.Add([]byte{1, 0, 1, 'n', 0, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, leaving, err := decodeMeta(b)
		if err != nil {
			return
		}
		if again, left, err := decodeMeta(m.encode(leaving)); err != nil || again != m || left != leaving {
			t.Errorf("%q decodes to %+v, which encodes to something else", b, m)
		}
	})
}

func TestLinesOfTheLibrary(t *testing.T) {
	for _, test := range []struct {
		line, text string
		level      slog.Level
		suspect    roster.NodeID
	}{
		{"[WARN] memberlist: ignoring x\n", "ignoring x", slog.LevelWarn, ""},
		{"[ERR] memberlist: broken", "broken", slog.LevelError, ""},
		{"[INFO] memberlist: Suspect n1-00000001 has failed, no acks received", "Suspect n1-00000001 has failed, no acks received", slog.LevelInfo, "n1-00000001"},
		{"[odd] words", "[odd] words", slog.LevelInfo, ""},
		{"", "", slog.LevelInfo, ""},
	} {
		level, text := parseLine(test.line)
		id, _ := suspected(text)
		if level != test.level || text != test.text || id != test.suspect {
			t.Errorf("%q: %v %q %q", test.line, level, text, id)
		}
	}
}

func TestLogLinesAreFew(t *testing.T) {
	var b logBridge
	shown := 0
	for range 10 * logLinesMax {
		if _, show := b.allow(); show {
			shown++
		}
	}
	if shown != logLinesMax {
		t.Errorf("%d lines shown; want %d", shown, logLinesMax)
	}
}

func TestValidateReportsAllFaults(t *testing.T) {
	err := Config{Profile: "wan", Seeds: []string{"noport"}}.Validate()
	for _, field := range []string{"id", "meta.name", "cluster", "key", "packets", "seeds", "profile"} {
		if err == nil || !strings.Contains(err.Error(), field+":") {
			t.Errorf("%q is missing from: %v", field, err)
		}
	}
}
