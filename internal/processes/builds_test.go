package processes

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"roster/fsm/codec"
)

// A later build than this one, made by laying other texts over some files: it has one kind
// of command more, of the next level, which every leader proposes twenty times a second.
var (
	laterFiles = map[string]string{
		"mark.go": `package roster

// Mark does nothing, in a way that this build does not know.
type Mark struct{ Shard ShardID }

// KindMark is its kind.
const KindMark Kind = 900

// Key returns the key of the shard.
func (m Mark) Key() Key { return SystemKey }

// Kind returns KindMark.
func (m Mark) Kind() Kind { return KindMark }
`,
		"node/mark.go": `package node

import (
	"context"
	"time"

	"roster"
	"roster/node/router"
	"roster/shard"
)

func (n *Node) mark(ctx context.Context, g *shard.Group) error {
	for router.Wait(ctx, 50*time.Millisecond) {
		_, err := n.router.ProposeOwn(ctx, g.ID(), roster.Mark{Shard: g.ID()})
		n.log.Info("mark", "shard", g.ID(), "refused", err)
	}
	return nil
}
`,
	}
	laterEdits = []textEdit{
		{"fsm/codec/command.go", "	case roster.Register:\n", "	case roster.Mark:\n\t\tw.Array(1)\n\t\tw.Uint(uint64(c.Shard))\n	case roster.Register:\n"},
		{"fsm/codec/command.go", "	roster.KindRegister: ", "	roster.KindMark: func(r *Reader) roster.Command { r.Array(1); return roster.Mark{Shard: r.shard()} },\n	roster.KindRegister: "},
		{"fsm/codec/level.go", fmt.Sprintf("const Level = %d\n", codec.Level), fmt.Sprintf("const Level = %d\n", codec.Level+1)},
		{"fsm/machine.go", "	case roster.Tick:\n", "	case roster.Tick, roster.Mark:\n"},
		{"node/node.go", "	duties.Go(func() error { return n.steering.Lead(term, g) })\n", "	duties.Go(func() error { return n.steering.Lead(term, g) })\n	duties.Go(func() error { return n.mark(term, g) })\n"},
	}
	// A level is what keeps the later build from writing too early.
	levelled = textEdit{"fsm/codec/level.go", "map[roster.Kind]int{\n", fmt.Sprintf("map[roster.Kind]int{roster.KindMark: %d,\n", codec.Level+1)}
)

type textEdit struct{ file, from, to string }

// with returns the site with another program.
func (s *site) with(binary string) *site {
	other := *s
	other.binary = binary
	return &other
}

// later builds the later build, with the edits given beside its own.
func (s *site) later(name string, more ...textEdit) string {
	s.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		s.Fatal(err)
	}
	texts := map[string]string{}
	for file, text := range laterFiles {
		texts[file] = text
	}
	for _, e := range append(append([]textEdit{}, laterEdits...), more...) {
		if _, known := texts[e.file]; !known {
			raw, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				s.Fatal(err)
			}
			texts[e.file] = string(raw)
		}
		if strings.Count(texts[e.file], e.from) != 1 {
			s.Fatalf("%s does not have %q once", e.file, e.from)
		}
		texts[e.file] = strings.Replace(texts[e.file], e.from, e.to, 1)
	}
	return s.buildOver(root, name, texts)
}

func (s *site) buildOver(root, name string, texts map[string]string) string {
	s.Helper()
	dir := s.TempDir()
	replace := map[string]string{}
	for file, text := range texts {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		s.write(path, text, 0o600)
		replace[filepath.Join(root, file)] = path
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		s.Fatal(err)
	}
	file, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, name)
	s.write(file, string(overlay), 0o600)
	ctx, cancel := context.WithTimeout(s.ctx, buildWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-overlay", file, "-o", binary, "roster/cmd/node")
	if out, err := cmd.CombinedOutput(); err != nil {
		s.Fatalf("go build: %v\n%s", err, out)
	}
	return binary
}
