package fleets

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/fleet"
)

// Diff shows what Apply would change, and changes nothing.
func Diff(o Options) *cobra.Command {
	cmd := &cobra.Command{
		Use: "diff -f FILE", Short: "Show what apply would change, and change nothing", Args: o.Args(cobra.NoArgs),
	}
	file := fileFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		all, err := o.load(*file)
		if err != nil {
			return err
		}
		return o.Call(cmd, func(ctx context.Context, c *client.Client) error {
			for _, f := range all {
				state, _, err := c.Fleet(ctx, f.ID, roster.Read{})
				if err != nil && roster.CodeOf(err) != roster.CodeNotFound {
					return err
				}
				if err := o.differ(f, state, err == nil); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return cmd
}

// differ prints how a fleet differs from what there is.
func (o Options) differ(f fleet.Fleet, state fleet.State, there bool) error {
	if there && f.Scaling.On() && state.Scaling.On() {
		f.Count = f.Scaling.Within(state.Count) // it follows its load, whatever the file says
	}
	next, err := text(f)
	if err != nil {
		return err
	}
	var now []string
	if there {
		if now, err = text(state.Fleet); err != nil {
			return err
		}
	}
	if slices.Equal(now, next) {
		_, err = fmt.Fprintf(o.Stdout, "%s: unchanged\n", f.ID)
		return err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s:\n", f.ID)
	for _, line := range compare(now, next) {
		b.WriteString(line + "\n")
	}
	_, err = o.Stdout.Write(b.Bytes())
	return err
}

// text is a fleet in YAML, line by line.
func text(f fleet.Fleet) ([]string, error) {
	f.Policy = f.Rule()
	raw, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	out, err := yaml.JSONToYAML(raw)
	return strings.Split(strings.TrimSpace(string(out)), "\n"), err
}

// compare returns the lines of both texts, those of one alone marked - or +, along a longest
// common subsequence.
func compare(a, b []string) []string {
	length := make([][]int, len(a)+1) // of what is common from i and j on
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, "  "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	return out
}
