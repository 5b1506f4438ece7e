package fleets

import (
	"fmt"
	"strings"
	"time"

	"roster"
	"roster/cmd/node/screen"
	"roster/fleet"
	"roster/scaling"
)

// scalingText says between which bounds a fleet follows its load, and what it aims at.
func scalingText(p scaling.Policy) string {
	if !p.On() {
		return "-"
	}
	var aims []string
	if p.Queue > 0 {
		aims = append(aims, fmt.Sprintf("queue %d", p.Queue))
	}
	if p.Busy > 0 {
		aims = append(aims, fmt.Sprintf("busy %d %%", p.Busy))
	}
	if p.Wait > 0 {
		aims = append(aims, fmt.Sprintf("wait %v", time.Duration(p.Wait)))
	}
	return fmt.Sprintf("%d to %d: %s", p.Min, p.Max, strings.Join(aims, ", "))
}

// scaledText is the last decision with its evidence.
func scaledText(s fleet.Scaled) string {
	if s.At == 0 {
		return "-"
	}
	return fmt.Sprintf("%s %d → %d: %s", s.At.Time().Format(time.RFC3339), s.From, s.To, screen.Clean(s.Reason, false))
}

// follows says the same of one fleet in words; nothing of one that does not.
func follows(s *fleet.State) string {
	if !s.Scaling.On() {
		return ""
	}
	p := s.Scaling.Filled()
	text := fmt.Sprintf("\nIt follows its load, %s; within %d %% nothing changes, and it shrinks after %v\n", scalingText(p), p.Tolerance, time.Duration(p.Down))
	if s.Scaled.At == 0 {
		return text + "Nothing was decided yet\n"
	}
	return text + "Last decision: " + scaledText(s.Scaled) + "\n"
}

// overruled is what to say to who has scaled a fleet that does so itself.
func overruled(c roster.Command, s *fleet.State) string {
	if _, byHand := c.(fleet.Scale); !byHand || !s.Scaling.On() {
		return ""
	}
	return fmt.Sprintf("It follows its load, %s: its next decision replaces this. To fix the count take scaling out of its file\n", scalingText(s.Scaling))
}
