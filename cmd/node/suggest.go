package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"roster/cmd/node/screen"
)

// unknownCommand returns the usage error for a word that is no command of cmd.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	text := "unknown command " + screen.Quote(word) + " for " + cmd.CommandPath()
	if near := screen.Nearest(word, names); near != "" {
		return usagef("%s: did you mean %s?", text, near)
	}
	return usagef("%s: try one of %s", text, strings.Join(names, ", "))
}

// specified is what pflag's errors about one flag can tell.
type specified interface {
	error
	GetSpecifiedName() string
}

// flagError turns what the flag parser found into a usage error.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	// In "roster agnts find --label x" the command is wrong, not the flag.
	if word := a.word(cmd); cmd.HasSubCommands() && word != "" {
		return unknownCommand(cmd, word)
	}
	text := cmd.CommandPath() + ": " + err.Error()
	var unknown specified
	if errors.As(err, &unknown) && strings.HasPrefix(err.Error(), "unknown flag") {
		if near := screen.Nearest("--"+unknown.GetSpecifiedName(), flagNames(cmd)); near != "" {
			return usagef("%s: did you mean %s?", text, near)
		}
	}
	return usagef("%s: see %s --help", cmd.CommandPath()+": "+screen.FlagFault(err), cmd.CommandPath())
}

// word returns the first argument below cmd that is neither flag nor command.
func (a *app) word(cmd *cobra.Command) string {
	depth := strings.Count(cmd.CommandPath(), " ")
	for _, arg := range a.Args[1:] {
		if strings.HasPrefix(arg, "-") {
			continue
		}
		if depth == 0 {
			return arg
		}
		depth--
	}
	return ""
}

// flagNames returns the flags of cmd as they are typed.
func flagNames(cmd *cobra.Command) []string {
	var names []string
	for word := range strings.FieldsSeq(cmd.Flags().FlagUsages() + cmd.InheritedFlags().FlagUsages()) {
		if strings.HasPrefix(word, "--") {
			names = append(names, word)
		}
	}
	return names
}
