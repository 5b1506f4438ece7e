package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The forms of output.
const (
	asTable = "table"
	asJSON  = "json"
	asYAML  = "yaml"
)

// withOutput gives cmd the flag -o, and checks it before cmd runs.
func (a *app) withOutput(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVarP(&a.output, "output", "o", asTable, "form of the output: table, json or yaml")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		switch a.output {
		case asTable, asJSON, asYAML:
			return nil
		}
		return usagef("-o %s: want table, json or yaml", quoteWord(a.output))
	}
	return cmd
}

// show writes a document in the form that was asked for.
func show[T any](a *app, w io.Writer, document T, table func() *table) error {
	if a.output == asTable || a.output == "" {
		return table().write(w, a.colours())
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return err
	}
	out := b.Bytes()
	if a.output == asYAML {
		var err error
		if out, err = yaml.JSONToYAML(out); err != nil {
			return err
		}
	}
	_, err := w.Write(out)
	return err
}

// table is rows under heads; without heads it is a list of names and values.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// write lays the table out in columns.
func (t *table) write(w io.Writer, colours bool) error {
	rows := t.rows
	if t.head != nil {
		rows = append([][]string{t.head}, rows...)
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(clean(cell, false)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			cell = clean(cell, false)
			pad := widths[i] - utf8.RuneCountInString(cell)
			if i == len(row)-1 {
				pad = -2 // no space at the end of a line
			}
			b.WriteString(paint(cell, colours))
			b.WriteString(strings.Repeat(" ", pad+2))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// paint colours the words that say how something stands.
func paint(word string, colours bool) string {
	if !colours {
		return word
	}
	switch word {
	case "alive", "passing", "running", "ok":
		return "\x1b[32m" + word + "\x1b[0m"
	case "suspect", "warning", "starting", "stopping", "migrating":
		return "\x1b[33m" + word + "\x1b[0m"
	case "down", "critical", "failed", "NOT READY":
		return "\x1b[31m" + word + "\x1b[0m"
	}
	return word
}

// colours reports whether the output is for eyes that want colour.
func (a *app) colours() bool {
	return isTerminal(a.Stdout) && a.Env("NO_COLOR") == "" && a.Env("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// clean replaces what could drive a terminal, or turn its text around, in words
// that others wrote. Line ends stay if they may.
func clean(s string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			return '�'
		}
		return r
	}, s)
}

// shorten cuts s to at most width runes.
func shorten(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
