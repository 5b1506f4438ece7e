package archive

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"roster/backup"
	"roster/client"
	"roster/cmd/node/screen"
)

// Options say how a subcommand reaches nodes and people. All are needed.
type Options struct {
	// Connect returns a client for the nodes that the command line names. An archive has
	// no time-out: it ends when it stands still.
	Connect func() (*client.Client, error)
	// Output gives a command the flag -o; Form returns what it says, and whether to
	// show colours.
	Output func(*cobra.Command) *cobra.Command
	Form   func() (form string, colours bool)
	// Usage is the error for what was typed wrongly.
	Usage          func(format string, args ...any) error
	Args           func(cobra.PositionalArgs) cobra.PositionalArgs
	Stdout, Stderr io.Writer
}

// Save makes an archive of the cluster.
func Save(o Options) *cobra.Command {
	return o.Output(&cobra.Command{
		Use: "save FILE", Short: "Make an archive of all shards while they work", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Make an archive of all shards, as they are at this moment, while they work. FILE must not\n" +
			"be there yet, and appears only once the archive is whole, verified and on the disk. It is\nreadable by you alone: it holds what the cluster knows.",
		Example: "  roster backup save monday.roster\n  roster backup inspect monday.roster",
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := o.Connect()
			if err != nil {
				return err
			}
			defer c.Close()
			manifest, digest, err := backup.Save(args[0], func(w io.Writer) error { return c.Backup(cmd.Context(), w) })
			if err != nil {
				return err
			}
			return o.show(manifest, digest)
		},
	})
}

// Inspect verifies an archive and shows what it holds.
func Inspect(o Options) *cobra.Command {
	return o.Output(&cobra.Command{
		Use: "inspect FILE", Short: "Verify an archive, without a cluster, and show what it holds", Args: o.Args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := backup.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			return o.show(f.Manifest, f.Digest)
		},
	})
}

// document is what is shown of an archive: its manifest and the digest of all of it.
type document struct {
	backup.Manifest
	SHA256 string `json:"sha256"`
}

func (o Options) show(m backup.Manifest, digest string) error {
	form, colours := o.Form()
	if form == screen.AsTable {
		fmt.Fprintf(o.Stderr, "whole: cluster %s (%s), map version %d, made %s by version %s\n", m.Cluster, m.ClusterID, m.MapVersion, m.Time.Format(time.RFC3339), m.Version)
	}
	return screen.Show(o.Stdout, form, colours, document{m, digest}, func() *screen.Table { return table(m, digest) })
}

func table(m backup.Manifest, digest string) *screen.Table {
	t := &screen.Table{Head: []string{"SHARD", "LAST INDEX", "TERM", "AGENTS", "BYTES", "SHA256"}}
	for _, s := range m.Shards {
		t.Add(s.ID.String(), strconv.FormatUint(uint64(s.Index), 10), strconv.FormatUint(s.Term, 10), strconv.Itoa(s.Agents), strconv.FormatInt(s.Bytes, 10), s.SHA256[:16])
	}
	t.Add("all", "-", "-", strconv.Itoa(m.Agents()), strconv.FormatInt(m.Bytes(), 10), digest[:16])
	return t
}
