package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// unknownCommand returns the usage error for a word that is no command of cmd.
func unknownCommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	text := "unknown command " + quoteWord(word) + " for " + cmd.CommandPath()
	if near := nearest(word, names); near != "" {
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
		if near := nearest("--"+unknown.GetSpecifiedName(), flagNames(cmd)); near != "" {
			return usagef("%s: did you mean %s?", text, near)
		}
	}
	return usagef("%s: see %s --help", text, cmd.CommandPath())
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

// nearest returns the candidate that word was most likely meant to be, or "".
func nearest(word string, candidates []string) string {
	best, most := "", max(2, len(strings.TrimLeft(word, "-"))/3)+1
	for _, candidate := range candidates {
		if d := distance(word, candidate); d < most {
			best, most = candidate, d
		}
		if best == "" && len(word) > 3 && strings.HasPrefix(candidate, word) {
			best = candidate
		}
	}
	return best
}

// distance is Levenshtein's: how many bytes to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = slices.Min([]int{cost, row[j] + 1, row[j+1] + 1})
		}
	}
	return row[len(b)]
}

// quoteWord quotes what the user typed, made fit for a terminal.
func quoteWord(word string) string { return `"` + clean(word, false) + `"` }
