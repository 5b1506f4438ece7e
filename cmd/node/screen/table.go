package screen

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"golang.org/x/term"
)

// The forms of output.
const (
	AsTable = "table"
	AsJSON  = "json"
	AsYAML  = "yaml"
)

// Show writes a document as JSON or YAML, or the table that stands for it.
func Show[T any](w io.Writer, form string, colours bool, document T, table func() *Table) error {
	if form != AsJSON && form != AsYAML {
		return table().Write(w, colours)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return err
	}
	out := b.Bytes()
	if form == AsYAML {
		var err error
		if out, err = yaml.JSONToYAML(out); err != nil {
			return err
		}
	}
	_, err := w.Write(out)
	return err
}

// Table is rows under heads; without heads it is a list of names and values.
type Table struct {
	Head []string
	rows [][]string
}

// Add appends a row.
func (t *Table) Add(cells ...string) { t.rows = append(t.rows, cells) }

// Write lays the table out in columns.
func (t *Table) Write(w io.Writer, colours bool) error {
	rows := t.rows
	if t.Head != nil {
		rows = append([][]string{t.Head}, rows...)
	}
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(Clean(cell, false)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			cell = Clean(cell, false)
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
	case "suspect", "warning", "draining", "starting", "stopping", "migrating":
		return "\x1b[33m" + word + "\x1b[0m"
	case "down", "critical", "failed", "error", "NOT READY":
		return "\x1b[31m" + word + "\x1b[0m"
	}
	return word
}

// IsTerminal reports whether somebody watches what is written to w.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Clean replaces what could drive a terminal, or turn its text around, in words
// that others wrote. Line ends stay if they may.
func Clean(s string, lines bool) string {
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

// Shorten cuts s to at most width runes.
func Shorten(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
