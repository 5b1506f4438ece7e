package meter

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrNoKernel is returned where the kernel does not tell what processes hold.
var ErrNoKernel = errors.New("this machine has no /proc that tells what processes hold")

// Meter reads what the kernel tells of processes. Root is where it tells it; "" is "/proc".
type Meter struct{ Root string }

func (m Meter) root() string {
	if m.Root == "" {
		return "/proc"
	}
	return m.Root
}

// Group is a process group.
type Group struct {
	Processes []int
	// Held is what its processes hold, in bytes; what several share is counted for each.
	Held int64
}

// Groups measures the process groups of these ids by one walk over all processes. One that
// is not in the answer has no process. ErrNoKernel where there is no /proc.
func (m Meter) Groups(ids map[int]bool) (map[int]Group, error) {
	dir, err := os.Open(m.root())
	if err != nil {
		return nil, ErrNoKernel
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	out, processes := map[int]Group{}, 0
	buffer := make([]byte, 4<<10)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		stat := m.read(pid, "stat", buffer)
		if len(stat) == 0 {
			continue // it has just ended
		}
		processes++
		if id := groupOf(stat); ids[id] {
			g := out[id]
			g.Processes, g.Held = append(g.Processes, pid), g.Held+m.held(pid, buffer)
			out[id] = g
		}
	}
	if processes == 0 {
		return nil, ErrNoKernel
	}
	return out, nil
}

// read returns the beginning of one of a process's files, in buffer; nothing once it has
// ended. It goes around os.ReadFile, which allocates for each.
func (m Meter) read(pid int, file string, buffer []byte) []byte {
	f, err := os.Open(filepath.Join(m.root(), strconv.Itoa(pid), file))
	if err != nil {
		return nil
	}
	defer f.Close()
	n, _ := f.Read(buffer)
	return buffer[:n]
}

// groupOf reads a process's group from its stat: "pid (name) state parent group …", where the
// name may hold anything.
func groupOf(stat []byte) int {
	i := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[i+1:])
	if i < 0 || len(fields) < 3 {
		return 0
	}
	id, _ := strconv.Atoi(string(fields[2]))
	return id
}

// held returns the anonymous and shared bytes of a process.
func (m Meter) held(pid int, buffer []byte) int64 {
	status := m.read(pid, "status", buffer)
	return kib(status, "RssAnon:") + kib(status, "RssShmem:")
}

// kib reads a line such as "RssAnon:     112 kB", in bytes.
func kib(text []byte, name string) int64 {
	value, _ := strings.CutSuffix(field(text, name), " kB")
	n, _ := strconv.ParseInt(value, 10, 64)
	return n << 10
}

func field(text []byte, name string) string {
	for line := range bytes.Lines(text) {
		if value, ok := bytes.CutPrefix(line, []byte(name)); ok {
			return string(bytes.TrimSpace(value))
		}
	}
	return ""
}

// Exact returns what a group holds, where pages that several processes share are counted
// once between them; it costs more than Groups, because the kernel walks over every page.
// Where it cannot be had it is Held.
func (m Meter) Exact(g Group) int64 {
	sum, buffer := int64(0), make([]byte, 4<<10)
	for _, pid := range g.Processes {
		text := m.read(pid, "smaps_rollup", buffer)
		if own := kib(text, "Pss_Anon:") + kib(text, "Pss_Shmem:"); own > 0 {
			sum += own
			continue
		}
		sum += m.held(pid, buffer)
	}
	return sum
}

// Catches reports whether a process has a handler for a signal.
func (m Meter) Catches(pid, signal int) bool {
	status := m.read(pid, "status", make([]byte, 4<<10))
	mask, err := strconv.ParseUint(field(status, "SigCgt:"), 16, 64)
	return err == nil && mask&(1<<(signal-1)) != 0
}
