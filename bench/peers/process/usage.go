package process

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of /proc/<pid>/stat and /proc/stat: Linux counts in hundredths of a
// second there on every architecture.
const tick = 10 * time.Millisecond

// Memory is what a process keeps resident, in bytes.
type Memory struct {
	RSS  int64 `json:"rss"`
	Anon int64 `json:"anon"` // without files that are mapped
}

// CPU returns the time that the process has spent on cores, 0 when it is gone.
func (p *Process) CPU() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.Pid()))
	if err != nil {
		return 0
	}
	return statCPU(text)
}

// statCPU reads user and system time out of /proc/<pid>/stat.
func statCPU(text []byte) time.Duration {
	// The name before ")" may hold anything; utime and stime are the 12th and 13th after it.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	return ticks(string(fields[11])) + ticks(string(fields[12]))
}

func ticks(field string) time.Duration {
	n, err := strconv.ParseInt(field, 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n) * tick
}

// Memory returns what the process keeps resident, zero when it is gone.
func (p *Process) Memory() Memory {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid()))
	if err != nil {
		return Memory{}
	}
	var m Memory
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kib, _ := strconv.ParseInt(fields[1], 10, 64) // other lines hold words
		switch fields[0] {
		case "VmRSS:":
			m.RSS = kib << 10
		case "RssAnon:":
			m.Anon = kib << 10
		}
	}
	return m
}

// CPU returns what all of processes have spent.
func CPU(processes []*Process) time.Duration {
	var sum time.Duration
	for _, p := range processes {
		if p != nil {
			sum += p.CPU()
		}
	}
	return sum
}

// OwnCPU returns what this process has spent: the load client's part.
func OwnCPU() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// MachineCPU returns what all processes of this machine have spent, with what the host
// took from it.
func MachineCPU() time.Duration {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return machineCPU(line)
}

// machineCPU reads the first line of /proc/stat: all but idle, iowait and the guests' time,
// which is in the user's.
func machineCPU(line string) time.Duration {
	fields := strings.Fields(line)
	var sum time.Duration
	for i, field := range fields {
		if i >= 1 && i <= 8 && i != 4 && i != 5 {
			sum += ticks(field)
		}
	}
	return sum
}

// LoadAverage returns the load average of the last minute.
func LoadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64) // 0 when it is unreadable
	return load
}
