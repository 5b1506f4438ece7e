package processes

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"roster"
	"roster/client"
)

const (
	mark      = "THIS-TEXT-STANDS-IN-THE-LOG"
	diskBytes = 16 << 20
	fillBytes = 64 << 10
)

// TestDamaged changes what a stopped node has written, in each store. It must not start
// with that, and must say where the damage is and what to do; with the file as it was,
// it goes on.
func TestDamaged(t *testing.T) {
	t.Parallel()
	for store, log := range map[string]struct {
		path string
		head int // bytes without which nothing can be read
	}{
		"bolt":   {filepath.Join("shards", "1", "raft.db"), 2 * os.Getpagesize()},
		"shared": {filepath.Join("log", "0000000001.log"), 512},
	} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			damaged(newSite(t), store, log.path, log.head)
		})
	}
}

func damaged(s *site, store, path string, head int) {
	n := s.member("solo")
	n.more = []string{"--shards", "1", "--store", store}
	n.start()
	s.ready(n)
	if _, _, err := s.client(n).Register(s.soon(), roster.Register{Mode: roster.ModePut,
		Agent: roster.Agent{ID: "damage/one", Description: mark}}); err != nil {
		s.Fatal(err)
	}
	s.interrupt(n.process, syscall.SIGTERM) // killed, the log could take the last moments for torn
	log := filepath.Join(n.dir, path)
	whole, err := os.ReadFile(log)
	if err != nil {
		s.Fatal(err)
	}
	if !bytes.Contains(whole, []byte(mark)) {
		s.Fatalf("%s does not hold what was registered: nothing to damage", log)
	}
	for _, damage := range []struct {
		name  string
		spoil func([]byte) []byte
	}{
		{"an entry overwritten", func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte(mark), []byte(strings.ToLower(mark)))
		}},
		{"the head zeroed", func(b []byte) []byte { clear(b[:head]); return b }},
		{"cut before the entry", func(b []byte) []byte { return b[:bytes.Index(b, []byte(mark))] }},
		{"garbage behind the head", func(b []byte) []byte {
			copy(b[head:], bytes.Repeat([]byte{0xff}, len(b)))
			return b
		}},
		{"cut to nothing", func([]byte) []byte { return nil }},
	} {
		s.write(log, string(damage.spoil(bytes.Clone(whole))), 0o600)
		spoilt := *n
		spoilt.name = strings.ReplaceAll(damage.name, " ", "-")
		spoilt.refusesDamage(filepath.Dir(log), "restore", "empty the data directory")
		s.write(log, string(whole), 0o600)
	}
	damagedAround(s, n)
	n.start()
	s.ready(n)
	record, _, err := s.client(n).Lookup(s.soon(), "damage/one", roster.Read{Level: roster.ReadLinearizable})
	if err != nil || record.Description != mark {
		s.Errorf("with its files as they were: %+v, %v", record, err)
	}
}

// damagedAround spoils a snapshot, and takes the directory of a shard away.
func damagedAround(s *site, n *member) {
	shard := filepath.Join(n.dir, "shards", "1")
	snapshot := filepath.Join(shard, "snapshots", "9-999999-1700000000000")
	if err := os.MkdirAll(snapshot, 0o700); err != nil {
		s.Fatal(err)
	}
	s.write(filepath.Join(snapshot, "meta.json"), "{not json", 0o600)
	spoilt := *n
	spoilt.name = "snapshot"
	spoilt.refusesDamage(snapshot, "cannot be read", "restore")
	if err := os.RemoveAll(snapshot); err != nil {
		s.Fatal(err)
	}

	if err := os.Rename(shard, shard+".gone"); err != nil {
		s.Fatal(err)
	}
	spoilt.name = "missing"
	spoilt.refused(shard, "is missing", "restore")
	if err := os.Rename(shard+".gone", shard); err != nil {
		s.Fatal(err)
	}
}

// refusesDamage starts a node that must end soon, not with 0, in words that lead on,
// and not in a panic.
func (m *member) refusesDamage(words ...string) {
	m.Helper()
	m.start()
	if status := m.ends(m.process, refuseWithin); status != exitConfig {
		m.Errorf("%s: exits with %d, want %d", m.name, status, exitConfig)
	}
	text := m.process.output()
	m.says(m.name, text, words...)
	if strings.Contains(text, "goroutine ") {
		m.Errorf("%s: it crashed:\n%s", m.name, text)
	}
}

// TestDiskFull fills the disk of a node while it is written to. It may refuse or end,
// but what it acknowledged is there once there is room again and it is restarted.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	disk := s.smallDisk()
	n := s.member("solo")
	n.dir = filepath.Join(disk, "node")
	n.more = []string{"--shards", "1"}
	n.start()
	s.ready(n)
	c := s.client(n)
	acked := s.writeUntilRefused(c, 1, 10)
	if acked != 10 {
		t.Fatalf("with room, %d of 10 writes were acknowledged", acked)
	}
	filler := filepath.Join(disk, "filler")
	s.fill(filler)
	acked = s.writeUntilRefused(c, acked+1, 1000)
	if acked == 1000 {
		t.Fatal("a full disk refused nothing")
	}
	t.Logf("%d writes acknowledged, then the disk was full; the node runs on: %v", acked, n.process.running())
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if n.process.running() {
		n.kill()
	} else if n.process.cmd.ProcessState.ExitCode() == 0 {
		t.Error("a node that its disk ended exits with 0")
	}
	n.start()
	s.ready(n)
	if got := s.number(c); got < acked {
		t.Errorf("%d was acknowledged, %d is there", acked, got)
	}
	if last := s.writeUntilRefused(c, acked+10, acked+20); last != acked+20 {
		t.Errorf("with room again, writes stop at %d of %d", last, acked+20)
	}
}

// smallDisk mounts a small file system in memory.
func (s *site) smallDisk() string {
	s.Helper()
	if os.Geteuid() != 0 {
		s.Skip("needs root to mount a small disk")
	}
	disk := filepath.Join(s.dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		s.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, fmt.Sprintf("size=%d", diskBytes)); err != nil {
		s.Skipf("cannot mount a small disk: %v", err)
	}
	s.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			s.Error(err)
		}
	})
	return disk
}

// fill writes to a file until the disk has no room.
func (s *site) fill(path string) {
	s.Helper()
	file, err := os.Create(path)
	if err != nil {
		s.Fatal(err)
	}
	defer file.Close()
	block := make([]byte, fillBytes)
	for len(block) > 0 {
		if _, err := file.Write(block); err != nil {
			block = block[:len(block)/2] // down to the last byte
		}
	}
}

// writeUntilRefused writes the numbers from first to last, each with much text, and
// returns the last that was acknowledged.
func (s *site) writeUntilRefused(c *client.Client, first, last int) int {
	s.Helper()
	text := strings.Repeat("disk ", 500)
	for number := first; number <= last; number++ {
		ctx, cancel := context.WithTimeout(s.ctx, 2*time.Second)
		_, _, err := c.Register(ctx, roster.Register{Mode: roster.ModePut, Agent: roster.Agent{ID: "disk/number",
			Description: text, Labels: roster.Map{{Key: "number", Value: strconv.Itoa(number)}}}})
		cancel()
		if err != nil {
			s.Logf("%d is refused: %v", number, err)
			return number - 1
		}
	}
	return last
}

// number reads back what writeUntilRefused wrote.
func (s *site) number(c *client.Client) int {
	s.Helper()
	record, _, err := c.Lookup(s.soon(), "disk/number", roster.Read{Level: roster.ReadLinearizable})
	if err != nil {
		s.Fatal(err)
	}
	for _, label := range record.Labels {
		if label.Key == "number" {
			number, err := strconv.Atoi(label.Value)
			if err != nil {
				s.Fatal(err)
			}
			return number
		}
	}
	s.Fatalf("%+v has no number", record)
	return 0
}
