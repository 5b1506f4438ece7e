package fsm

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"roster"
	"roster/fleet"
	"roster/query"
)

var rewrite = flag.Bool("rewrite", false, "write what the machine answers into the transcripts and golden files")

// Transcripts are blocks of a directive, the lines it takes, "----" and the answer,
// divided by blank lines. Directives:
//
//	shard <n>            a new machine
//	apply [<time>]       one entry at a log time; each line is an operation:
//	                     [client/seq/done] [actor@epoch] <kind> <json>
//	find <json>          a query; "after" goes on behind the last page
//	fleets | runs | lookup <id> | session <id> | sessions | nodes | map | tokens | deadline
//	restart              writes a snapshot and goes on with a machine that read it
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) { transcript(t, file) })
	}
}

func transcript(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, m: New(1)}
	var out []string
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		comment, rest := cutComment(block)
		input, want, _ := strings.Cut(rest, "\n----")
		if input == "" {
			out = append(out, strings.TrimRight(comment, "\n"))
			continue
		}
		got := s.play(strings.TrimSpace(input))
		if got == "" {
			got = "none"
		}
		if !*rewrite && strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s:\n%s\ngot:\n%s\nwant:\n%s", file, input, got, want)
		}
		out = append(out, comment+strings.TrimSpace(input)+"\n----\n"+strings.TrimSpace(got))
	}
	if *rewrite {
		if err := os.WriteFile(file, []byte(strings.Join(out, "\n\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// cutComment divides the leading # lines from a block.
func cutComment(block string) (comment, rest string) {
	rest = block
	for strings.HasPrefix(rest, "#") {
		line, after, _ := strings.Cut(rest, "\n")
		comment, rest = comment+line+"\n", after
	}
	return comment, rest
}

// stage is a machine under test.
type stage struct {
	t    *testing.T
	m    *Machine
	last Mark
	wall roster.WallTime
}

func (s *stage) play(input string) string {
	head, body, _ := strings.Cut(input, "\n")
	verb, arg, _ := strings.Cut(head, " ")
	v := s.m.View()
	switch verb {
	case "shard":
		var n roster.ShardID
		fmt.Sscan(arg, &n)
		s.m = New(n)
		return "ok"
	case "apply":
		return s.apply(arg, body)
	case "find":
		return s.find(arg)
	case "lookup":
		r, ok := s.m.Lookup(roster.AgentID(arg))
		if !ok {
			return "none"
		}
		return asJSON(s.t, r)
	case "session":
		x, ok := v.Session(roster.SessionID(arg))
		if !ok {
			return "none"
		}
		return sessionText(x)
	case "fleets":
		return fleetsText(v)
	case "runs":
		return runsText(v)
	case "sessions":
		var lines []string
		for _, x := range v.Sessions() {
			lines = append(lines, sessionText(x))
		}
		return strings.Join(lines, "\n")
	case "nodes":
		var lines []string
		for _, n := range v.Nodes() {
			lines = append(lines, fmt.Sprintf("%s %s lease=%v", n.ID, n.State, time.Duration(n.Lease)))
		}
		return strings.Join(lines, "\n")
	case "map":
		c := v.Map()
		return fmt.Sprintf("version %d, %d slots, %d shards", c.Version, len(c.Slots), len(c.Shards))
	case "tokens":
		var lines []string
		for _, x := range v.AccessTokens() {
			_, opens := v.AccessToken("hash of " + x.Name)
			lines = append(lines, fmt.Sprintf("%s %s %v by %q, left %v, found %v", x.ID, x.Name, x.Rules, x.CreatedBy, time.Duration(x.ExpiresIn), opens))
		}
		return strings.Join(lines, "\n")
	case "deadline":
		at, ok := v.NextDeadline()
		return fmt.Sprintf("%v %v", time.Duration(at), ok)
	case "restart":
		return s.restart()
	}
	s.t.Fatalf("unknown directive %q", verb)
	return ""
}

func (s *stage) apply(at, body string) string {
	s.wall += 1e9
	e := roster.Entry{Shard: s.m.shard, At: s.m.Now(), Wall: s.wall}
	if at != "" {
		d, err := time.ParseDuration(at)
		if err != nil {
			s.t.Fatal(err)
		}
		e.At = roster.LogTime(d)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(body), "\n") {
		e.Ops = append(e.Ops, parseOp(s.t, line))
	}
	var lines []string
	for _, r := range s.m.Apply(e) {
		lines = append(lines, resultText(r))
		for _, event := range r.Events {
			lines = append(lines, "  "+eventText(event))
		}
	}
	return strings.Join(lines, "\n")
}

func (s *stage) find(arg string) string {
	var q roster.Query
	mark := Mark{}
	if rest, ok := strings.CutPrefix(arg, "after "); ok {
		arg, mark = rest, s.last
	}
	if err := json.Unmarshal([]byte(arg), &q); err != nil {
		s.t.Fatal(err)
	}
	c, err := query.Compile(q)
	if err != nil {
		return err.Error()
	}
	found, plan, err := s.m.View().Find(c, mark, 0)
	if err != nil {
		return err.Error()
	}
	lines := []string{plan}
	for _, r := range found {
		s.last = Mark{Seen: true, ID: r.ID, Score: c.Score(r)}
		lines = append(lines, fmt.Sprintf("%s %d", r.ID, c.Score(r)))
	}
	return strings.Join(lines, "\n")
}

func (s *stage) restart() string {
	var b bytes.Buffer
	want := s.m.View().Digest()
	if _, err := s.m.View().Snapshot().WriteTo(&b); err != nil {
		return err.Error()
	}
	s.m = New(s.m.shard)
	if err := s.m.Restore(&b); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("index %d, same digest %v", s.m.Index(), s.m.View().Digest() == want)
}

// commands makes an empty command of each kind to read JSON into.
var commands = map[string]func([]byte) (roster.Command, error){
	"tick": read[roster.Tick], "register": read[roster.Register], "update": read[roster.Update],
	"deregister": read[roster.Deregister], "set_health": read[roster.SetHealth], "fence": read[roster.Fence],
	"open_session": read[roster.OpenSession], "attach_session": read[roster.AttachSession],
	"end_session": read[roster.EndSession], "detach_session": read[roster.DetachSession],
	"join_node": read[roster.JoinNode], "leave_node": read[roster.LeaveNode], "renew_node": read[roster.RenewNode],
	"set_fleet": read[fleet.Set], "scale_fleet": read[fleet.Scale], "drop_fleet": read[fleet.Drop], "recall": read[fleet.Recall],
	"place": read[fleet.Place], "report": read[fleet.Report],
	"set_map": read[roster.SetMap], "set_token": readToken, "drop_token": read[roster.DropToken],
}

// readToken gives a token the hash that JSON never holds: one that its name decides.
func readToken(b []byte) (roster.Command, error) {
	var c roster.SetToken
	err := json.Unmarshal(b, &c)
	c.Token.Hash = "hash of " + c.Token.Name
	return c, err
}

func read[C roster.Command](b []byte) (roster.Command, error) {
	var c C
	err := json.Unmarshal(b, &c)
	return c, err
}

func parseOp(t *testing.T, line string) (op roster.Op) {
	t.Helper()
	words, body, ok := strings.Cut(line, "{")
	if !ok {
		t.Fatalf("no command in %q", line)
	}
	fields := strings.Fields(words)
	for _, f := range fields[:len(fields)-1] {
		if agent, epoch, isActor := strings.Cut(f, "@"); isActor {
			op.Actor.Agent = roster.AgentID(agent)
			fmt.Sscan(epoch, &op.Actor.Epoch)
			continue
		}
		if _, err := fmt.Sscanf(f, "%d/%d/%d", &op.Request.Client, &op.Request.Seq, &op.Request.Done); err != nil {
			t.Fatalf("%q: %v", f, err)
		}
	}
	body = "{" + body
	if fields[len(fields)-1] == "set_map" {
		body = strings.Replace(body, `"slots":"all"`, `"slots":[`+strings.TrimSuffix(strings.Repeat("1,", roster.SlotCount), ",")+`]`, 1)
	}
	decode := commands[fields[len(fields)-1]]
	if decode == nil {
		t.Fatalf("unknown kind in %q", line)
	}
	c, err := decode([]byte(body))
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	op.Command = c
	return op
}

func resultText(r roster.Result) string {
	if r.Err != nil {
		return fmt.Sprintf("%d %s: %v", r.Index, roster.CodeOf(r.Err), r.Err)
	}
	switch v := r.Value.(type) {
	case roster.Change:
		return fmt.Sprintf("%d %s %s", r.Index, v.Outcome, recordText(v.Record))
	case roster.Session:
		return fmt.Sprintf("%d %s", r.Index, sessionText(v))
	case fleet.Change:
		return fmt.Sprintf("%d %s fleet %s revision=%d generation=%d count=%d", r.Index, v.Outcome, v.Fleet.ID, v.Fleet.Revision, v.Fleet.Generation, v.Fleet.Count)
	}
	return fmt.Sprintf("%d ok", r.Index)
}

func recordText(r *roster.Record) string {
	if r == nil {
		return "none"
	}
	text := fmt.Sprintf("%s revision=%d epoch=%d %s owner=%s:%s", r.ID, r.Revision, r.Epoch, r.Health.State, r.Owner.Kind, r.Owner.ID)
	if r.Status != roster.StatusRegistered || r.Node != "" {
		text += fmt.Sprintf(" %s on %q", r.Status, r.Node)
	}
	return text
}

func sessionText(s roster.Session) string {
	return fmt.Sprintf("session %s ttl=%v generation=%d ended=%v shards=%v", s.ID, time.Duration(s.TTL), s.Generation, s.Ended, s.Shards)
}

func eventText(e roster.Event) string {
	text := fmt.Sprintf("event %d/%d %s", e.Shard, e.Index, e.Type)
	switch e.Type {
	case roster.EventAgent:
		return text + " " + recordText(e.Before) + " -> " + recordText(e.After)
	case roster.EventSession:
		return text + " " + string(e.Session)
	}
	return text + " " + string(e.Node)
}

func asJSON(t *testing.T, v *roster.Record) string {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func fleetsText(v *View) string {
	var lines []string
	for _, f := range v.Fleets().List("*") {
		lines = append(lines, fmt.Sprintf("%s revision=%d generation=%d count=%d made=%d dropped=%v %v", f.ID, f.Revision, f.Generation, f.Count, f.Made, f.Dropped, f.Members))
	}
	return strings.Join(lines, "\n")
}

func runsText(v *View) string {
	var lines []string
	for r, x := range v.Fleets().Members {
		shuns, _ := x.Shuns(v.Now())
		lines = append(lines, fmt.Sprintf("%s %s on %q epoch=%d generation=%d failures=%d again=%v shuns=%v wish=%q: %s", r.ID, r.Status, r.Node, r.Epoch,
			x.Generation, x.Failures, time.Duration(x.Again), shuns, x.Wish, x.Reason))
	}
	return strings.Join(lines, "\n")
}
