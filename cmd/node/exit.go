package main

import (
	"errors"
	"fmt"
	"strings"

	"roster"
	"roster/cmd/node/daemon"
	"roster/cmd/node/screen"
)

// Exit statuses that no code of the contract stands for.
const (
	exitOther  = 1
	exitUsage  = 2
	exitConfig = 78 // EX_CONFIG of sysexits.h
)

// exitError is an error that chooses its exit status.
type exitError struct {
	status int
	text   string
}

// Error returns what the user reads.
func (e *exitError) Error() string { return e.text }

// usagef returns an error of the command line itself.
func usagef(format string, values ...any) error {
	return &exitError{exitUsage, fmt.Sprintf(format, values...)}
}

// exit tells err, if there is one, and returns the status to exit with.
func (a *app) exit(err error) int {
	if err == nil {
		return 0
	}
	if chosen, ok := errors.AsType[*exitError](err); ok {
		if chosen.text != "" {
			a.say("roster: %s", screen.Clean(chosen.text, true))
		}
		return chosen.status
	}
	if faults, ok := errors.AsType[*daemon.ConfigError](err); ok {
		a.say("roster: %s", screen.Clean(faults.Error(), true))
		return exitConfig
	}
	if refusal, ok := errors.AsType[*roster.Error](err); ok {
		a.say("roster: %s: %s", refusal.Code.Title(), screen.Clean(err.Error(), true))
		if refusal.Position > 0 {
			a.say("        at byte %d", refusal.Position)
		}
		if next := advice(refusal); next != "" {
			a.say("        %s", next)
		}
		return refusal.Code.ExitStatus()
	}
	a.say("roster: %s", screen.Clean(err.Error(), true))
	return exitOther
}

// advice says what to do about an error, where the error itself cannot know.
func advice(err *roster.Error) string {
	switch err.Code {
	case roster.CodeUnavailable:
		if !strings.HasPrefix(err.Detail, "cannot connect") { // a node is there, and said so
			return "Nothing was changed. Try again in a moment."
		}
		return "Nothing was changed. Start nodes with: roster dev; name them with --addr or ROSTER_ADDR."
	case roster.CodeOverloaded:
		return "Nothing was changed. Try again in a moment."
	case roster.CodeUnknown:
		return "It may have been carried out: look before you try again."
	case roster.CodeDenied:
		if err.Status == 401 {
			return "Show a token: ROSTER_TOKEN or --token-file."
		}
	case roster.CodeStale:
		return "Somebody changed it since: read it again."
	}
	return ""
}
