//go:build unix

package meter

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// proc writes the files of a /proc.
func proc(t *testing.T, files map[string]string) Meter {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Meter{root}
}

func TestGroups(t *testing.T) {
	m := proc(t, map[string]string{
		"version":         "none of a process",
		"10/stat":         "10 (odd) name)) S 1 10 10 0 -1",
		"10/status":       "Name:\todd\nRssAnon:\t    8 kB\nRssFile:\t  100 kB\nRssShmem:\t    4 kB\nSigCgt:\t0000000000000200\n",
		"10/smaps_rollup": "00-ff ---p 00 00:00 0 [rollup]\nPss:   90 kB\nPss_Anon:    5 kB\nPss_Shmem:   2 kB\n",
		"11/stat":         "11 (child) S 10 10 10 0 -1",
		"11/status":       "RssAnon:\t    8 kB\nRssShmem:\t    0 kB\n",
		"12/stat":         "12 (other) S 1 12 12 0 -1",
		"12/status":       "RssAnon:\t    8 kB\n",
		"13/status":       "RssAnon:\t    8 kB\n", // has ended meanwhile
		"14/stat":         "14 (cut",
	})
	got, err := m.Groups(map[int]bool{10: true, 99: true})
	if err != nil || len(got) != 1 || got[10].Held != 20<<10 || len(got[10].Processes) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if exact := m.Exact(got[10]); exact != 7<<10+8<<10 { // of the child there is no rollup
		t.Errorf("%d bytes", exact)
	}
	if !m.Catches(10, 10) || m.Catches(10, 12) || m.Catches(11, 10) || m.Catches(99, 10) {
		t.Error("who catches signal 10")
	}
	for _, m := range []Meter{{filepath.Join(m.Root, "none")}, proc(t, map[string]string{"self/none": ""})} {
		if _, err := m.Groups(nil); !errors.Is(err, ErrNoKernel) {
			t.Error(err)
		}
	}
}

// TestProcesses: a program that holds 16 MiB and has forked holds 16 MiB, and not twice that.
func TestProcesses(t *testing.T) {
	var m Meter
	if _, err := m.Groups(nil); err != nil {
		t.Skip("needs a kernel that tells what processes hold (/proc): ", err)
	}
	// The string is doubled 24 times; the child has all of its parent's pages.
	script := `trap 'exit 3' USR1; x=a; i=0; while [ $i -lt 24 ]; do x=$x$x; i=$((i+1)); done; (trap '' USR1; echo forked; while :; do sleep 1; done) & wait; while :; do sleep 1; done`
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("there is no shell here: ", err)
	}
	defer func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	}()
	if n, err := out.Read(make([]byte, 10)); n == 0 {
		t.Fatal(err)
	}
	pid := cmd.Process.Pid
	groups, err := m.Groups(map[int]bool{pid: true})
	g := groups[pid]
	if err != nil || len(g.Processes) < 2 {
		t.Fatalf("%+v, %v", g, err)
	}
	exact := m.Exact(g)
	t.Logf("%d KiB counted for each process, %d KiB once", g.Held>>10, exact>>10)
	if exact < 15<<20 || g.Held < exact {
		t.Errorf("%d bytes exactly, %d at most", exact, g.Held)
	}
	if rollup, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/smaps_rollup"); err == nil && strings.Contains(string(rollup), "Pss_Anon:") && exact > 60<<20 {
		t.Errorf("%d bytes: pages of both are counted twice", exact)
	}
	if !m.Catches(pid, int(syscall.SIGUSR1)) || m.Catches(pid, int(syscall.SIGUSR2)) {
		t.Error("the program catches SIGUSR1 alone")
	}
}

// TestOwn: what this program takes grows with what it keeps, and most of it comes back.
func TestOwn(t *testing.T) {
	var o Own
	o.Collect()
	before := o.Read()
	kept := make([][]byte, 64)
	for i := range kept {
		kept[i] = make([]byte, 1<<20)
		kept[i][0] = byte(i)
	}
	full := o.Read()
	if full.Taken < before.Taken+60<<20 {
		t.Errorf("%d bytes before, %d with 64 MiB more", before.Taken, full.Taken)
	}
	o.Collect()
	if u := o.Read(); u.Efficiency < 300 || u.Efficiency > 1000 || u.Collecting < 0 || u.Collecting > 1000 {
		t.Errorf("%+v", u)
	}
	if len(kept[63]) == 0 {
		t.Fatal("kept until here")
	}
	kept = nil
	o.Collect()
	if u := o.Read(); u.Taken > full.Taken-48<<20 {
		t.Errorf("%d bytes with, %d without", full.Taken, u.Taken)
	}
}

// BenchmarkGroups is a walk over the processes of this machine.
func BenchmarkGroups(b *testing.B) {
	var m Meter
	if _, err := m.Groups(nil); err != nil {
		b.Skip("needs a kernel that tells what processes hold (/proc): ", err)
	}
	names, _ := filepath.Glob("/proc/[0-9]*")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Groups(map[int]bool{os.Getpid(): true}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(names)), "processes")
}
