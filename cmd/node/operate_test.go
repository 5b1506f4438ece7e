package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"roster"
)

// lone is a node with TLS and tokens, which is a cluster by itself.
type lone struct {
	*cli
	dir, url, token string
	log             *sighting
}

func (n *lone) at(name string) string { return filepath.Join(n.dir, name) }

// asked are a command and how it reaches the node.
func (n *lone) asked(line string) []string {
	return append(strings.Fields(line), "--addr", n.url, "--ca", n.at("pki/ca.crt"), "--token-file", n.at("root.token"))
}

// startSecured starts a node and stops it with the test.
func startSecured(t *testing.T) *lone {
	t.Helper()
	n := &lone{cli: &cli{t: t, env: map[string]string{}}, dir: t.TempDir()}
	n.ok("tls", "ca", "--out", n.at("pki"), "--cluster", "prod")
	n.ok("tls", "node", "--dir", n.at("pki"), "--name", "a")
	n.ok("keygen", "--out", n.at("key"))
	n.ok("tokens", "root", "--out", n.at("root.token"))
	n.token = strings.TrimSpace(n.file("root.token"))
	line := []string{"node", "--cluster", "prod", "--name", "a", "--key-file", n.at("key"), "--data-dir", n.at("a"), "--shards", "2", "--bind", "127.0.0.1:0", "--http", "127.0.0.1:0",
		"--tls-ca", n.at("pki/ca.crt"), "--tls-cert", n.at("pki/a.crt"), "--tls-key", n.at("pki/a.key"), "--root-token-file", n.at("root.token")}
	ctx, cancel := context.WithCancel(context.Background())
	log, done := newSighting(`"node runs"`), make(chan int, 1)
	m := Main{Args: append([]string{"roster"}, line...), Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: log, Env: func(string) string { return "" }}
	go func() { done <- m.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	select {
	case <-log.seen:
	case status := <-done:
		done <- status
		t.Fatalf("exit %d\n%s", status, log)
	}
	address := regexp.MustCompile(`"http":"([^"]+)"`).FindStringSubmatch(log.String())
	if address == nil {
		t.Fatalf("where does it listen?\n%s", log)
	}
	n.url, n.log = "https://"+address[1], log
	n.await()
	return n
}

// await polls until the node serves.
func (n *lone) await() {
	n.t.Helper()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		got := n.run(n.asked("healthcheck")...)
		if got.status == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			n.t.Fatalf("not ready: %s", got.stderr)
		}
	}
}

func (n *lone) file(name string) string {
	n.t.Helper()
	text, err := os.ReadFile(n.at(name))
	if err != nil {
		n.t.Fatal(err)
	}
	return string(text)
}

// unpack returns the files of a bundle.
func unpack(t *testing.T, name string) map[string]string {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for files := tar.NewReader(zip); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		out[header.Name[strings.LastIndexByte(header.Name, '/')+1:]] = string(text)
	}
}

// TestOperatorsStory asks a real node as its operator does, with everything switched on:
// the doctor finds nothing that is not so, top shows it, and a bundle has all but secrets.
func TestOperatorsStory(t *testing.T) {
	n := startSecured(t)
	var report struct {
		OK       bool                           `json:"ok"`
		Findings []struct{ Check, What string } `json:"findings"`
	}
	out := n.ok(n.asked("doctor -o json --data-dir " + n.dir)...)
	if err := json.Unmarshal([]byte(out), &report); err != nil || !report.OK {
		t.Errorf("%v, %s", err, out)
	}
	for _, f := range report.Findings { // the rest is about the machine on which the test runs
		if f.Check != "quorum" && f.Check != "disk" && f.Check != "space" && f.Check != "files" {
			t.Errorf("%s: %s", f.Check, f.What)
		}
	}
	has(t, "list", n.ok(n.asked("nodes list")...), "alive", "ok", "0,1,2")
	has(t, "top", n.ok(n.asked("top --once --every 50ms")...), "cluster prod: 1 nodes, 3 shards", " MiB", " %", "status")
	bundle := n.at("b.tar.gz")
	got := n.run(n.asked("debug --cpu 1 --out " + bundle)...)
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("exit %d: %s", got.status, got.stderr)
	}
	files := unpack(t, bundle)
	for name, want := range map[string]string{"doctor.json": `"findings"`, "status.json": `"cluster":"prod"`, "members.json": `"alive"`, "shards.json": `"leader"`, "rebalance.json": `"moves"`,
		"readyz.txt": "[+] lease", "metrics.txt": "roster_node_check_ok", "settings.json": `"cluster":"prod"`, "stacks.txt": "goroutine ", "heap.pb.gz": "", "goroutine.pb.gz": "", "cpu.pb.gz": "", "missing.txt": "nothing"} {
		if text, ok := files[name]; !ok || text == "" || !strings.Contains(text, want) {
			t.Errorf("%s: %.100q, want %q", name, text, want)
		}
	}
	for name, text := range files {
		for _, secret := range []string{n.token, strings.TrimSpace(n.file("key")), "PRIVATE KEY"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s tells a secret", name)
			}
		}
	}
	if again := n.run(n.asked("debug --cpu 0 --out " + bundle)...); again.status != exitUsage {
		t.Errorf("over another bundle: exit %d", again.status)
	}
}

// TestKeyringStory: an operator changes the cluster key of a real node, and neither its log,
// its audit log, what it answers nor what the command prints tells a key.
func TestKeyringStory(t *testing.T) {
	n := startSecured(t)
	n.ok("keygen", "--out", n.at("new.key"))
	old, next := strings.TrimSpace(n.file("key")), strings.TrimSpace(n.file("new.key"))
	var said strings.Builder
	step := func(status int, line string, words ...string) string {
		t.Helper()
		got := n.run(n.asked("keyring " + line)...)
		said.WriteString(got.stdout + got.stderr)
		if got.status != status {
			t.Errorf("%s: exit %d: %s", line, got.status, got.stderr)
		}
		has(t, line, got.stdout+got.stderr, words...)
		return got.stdout
	}
	prints := func() (uses string, holds []string) {
		t.Helper()
		var ring roster.Keyring
		if err := json.Unmarshal([]byte(step(0, "list -o json")), &ring); err != nil || len(ring.Nodes) != 1 {
			t.Fatalf("%+v, %v", ring, err)
		}
		return ring.Nodes[0].Uses, ring.Nodes[0].Holds
	}
	before, _ := prints()
	step(2, "install", "want 32") // nothing at the standard input
	step(0, "install --key-file "+n.at("new.key"), before)
	_, holds := prints()
	if len(holds) != 2 || holds[0] != before {
		t.Fatalf("holds %v", holds)
	}
	step(4, "remove "+before, "is in use on")
	step(3, "use 0123456789abcdef", "no node holds")
	step(0, "use "+holds[1], holds[1])
	step(0, "remove "+before, holds[1])
	if uses, holds := prints(); uses == before || len(holds) != 1 {
		t.Errorf("uses %s of %v", uses, holds)
	}
	if got := n.run(n.asked("keyring use " + next)...); got.status != 2 || strings.Contains(got.stderr, next) {
		t.Errorf("a key as an argument: exit %d: %s", got.status, got.stderr)
	}
	n.ok(n.asked("debug --cpu 0 --out " + n.at("b.tar.gz"))...)
	for _, text := range unpack(t, n.at("b.tar.gz")) {
		said.WriteString(text)
	}
	has(t, "log", n.log.String(), "cluster keys changed", before)
	for where, text := range map[string]string{"answers and bundle": said.String(), "log": n.log.String()} {
		for _, secret := range []string{old, next, n.token} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: tell a secret", where)
			}
		}
	}
	if !strings.Contains(n.file("a/keyring.json"), next) || strings.Contains(n.file("a/keyring.json"), old) {
		t.Error("the ring on the disk is not what the node holds: or nobody has looked for the right thing")
	}
}

// TestStrangersSeeLess: without a token that may admin, the doctor says what it did not see.
func TestStrangersSeeLess(t *testing.T) {
	n := startSecured(t)
	n.ok(n.asked("tokens create reader --rule read --out " + n.at("reader.token"))...)
	got := n.run("doctor", "--addr", n.url, "--ca", n.at("pki/ca.crt"), "--token-file", n.at("reader.token"))
	if got.status != 0 {
		t.Errorf("exit %d: %s", got.status, got.stderr)
	}
	has(t, "doctor", got.stdout, "did not tell", "what moves", "metrics: ", "show a token that may admin")
}
