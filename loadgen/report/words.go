package report

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// writeTable lays rows out in columns: the first to the left, numbers to the right.
func writeTable(b *strings.Builder, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i > 0 && len(row) > 2:
				b.WriteString("  " + space + cell)
			case i > 0:
				b.WriteString("  " + cell)
			default:
				b.WriteString(cell + space)
			}
		}
		b.WriteByte('\n')
	}
}

// milliseconds writes a latency with three digits and its unit.
func milliseconds(ms float64) string {
	switch {
	case ms == 0:
		return "-"
	case ms < 1:
		return fmt.Sprintf("%.0fus", ms*1000)
	case ms < 10:
		return fmt.Sprintf("%.2fms", ms)
	case ms < 100:
		return fmt.Sprintf("%.1fms", ms)
	case ms < 10_000:
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.1fs", ms/1000)
}

// number writes a figure with about three digits.
func number(v float64) string {
	switch {
	case v == float64(int64(v)):
		return fmt.Sprintf("%.0f", v)
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

func percent(part float64) string {
	if part == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f%%", part*100)
}
