package archive

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"roster/backup"
	"roster/cmd/node/screen"
	"roster/node"
	"roster/node/seed"
)

// Restore begins a cluster with an archive.
func Restore(o Options) *cobra.Command {
	var c seed.Config
	cmd := &cobra.Command{
		Use: "restore FILE --data-dir DIR --name NAME", Short: "Make the data directory of a new cluster's first node out of an archive", Args: o.Args(cobra.ExactArgs(1)),
		Long: "Make the data directory of the first node of a new cluster out of an archive, which is\n" +
			"verified whole before. DIR must be new or empty: nothing is restored over what is there.\n" +
			"The cluster gets another name, or another key. Then start the node with --data-dir DIR and\n" +
			"--name NAME, and others from empty directories.\n" +
			"Sessions have ended, and tokens, epochs and cursors of the old cluster's are old.",
		Example: "  roster backup restore monday.roster --cluster prod-2 --data-dir ./a2 --name a",
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if err := o.check(c); err != nil {
			return err
		}
		f, err := backup.Open(args[0])
		if err != nil {
			return err
		}
		defer f.Close()
		result, err := seed.Restore(c, f.Archive)
		if err != nil {
			return err
		}
		return o.seeded(c, result)
	}
	flags(cmd, &c)
	return o.Output(cmd)
}

// Recover begins a cluster with what is left of one.
func Recover(o Options) *cobra.Command {
	var c seed.Config
	var fromHighest bool
	cmd := &cobra.Command{
		Use: "recover SURVIVOR… --data-dir DIR --name NAME", Short: "Make a new cluster's first node out of the data directories that are left", Args: o.Args(cobra.MinimumNArgs(1)),
		Long: "Make the data directory of the first node of a new cluster out of those that are left of\n" +
			"one in which a majority of voters is lost for good. Name every SURVIVOR directory, of nodes\n" +
			"that are stopped: where the first one lacks what another has it is refused. They keep all\n" +
			"that they have. Where other members answer, so that with these nodes there is a majority,\n" +
			"it is refused: start these nodes again instead. What was acknowledged and is in none of\n" +
			"them is lost. The cluster gets another\n" +
			"name, or another key. Then start the node with --data-dir DIR and --name NAME, and others\n" +
			"from empty directories.",
		Example: "  roster recover ./a ./b --cluster prod-2 --data-dir ./a2 --name a",
	}
	cmd.RunE = func(_ *cobra.Command, dirs []string) error {
		if err := o.check(c); err != nil {
			return err
		}
		result, err := seed.Recover(c, dirs, fromHighest)
		if err != nil {
			return err
		}
		fmt.Fprintln(o.Stderr, "recovered: what was acknowledged and is in none of these directories is lost")
		return o.seeded(c, result)
	}
	cmd.Flags().BoolVar(&c.Although, "although-others-answer", false, "give members up that answer, though with them the cluster could go on: what they take from now on is lost")
	cmd.Flags().BoolVar(&fromHighest, "from-highest", false, "take each shard from the directory that has most of it")
	flags(cmd, &c)
	return o.Output(cmd)
}

func flags(cmd *cobra.Command, c *seed.Config) {
	cmd.Flags().StringVar(&c.Dir, "data-dir", "", "the directory to make: new, or empty")
	cmd.Flags().StringVar(&c.Name, "name", "", "the --name of the node that it is for")
	cmd.Flags().StringVar(&c.Cluster, "cluster", "", "name of the new cluster; another than before, unless its key is new")
	cmd.Flags().BoolVar(&c.NewKey, "new-key", false, "the new cluster's nodes are given another key, so it may keep its name")
	cmd.Flags().StringVar(&c.Store, "store", node.StoreDefault, "where its logs go: shared or bolt")
}

// check holds the flags to what a node will ask of its configuration.
func (o Options) check(c seed.Config) error {
	if c.Dir == "" || c.Name == "" {
		return o.Usage("--data-dir and --name: want both")
	}
	n := node.Config{Name: c.Name, DataDir: c.Dir, Cluster: c.Cluster, Store: c.Store, Key: make([]byte, node.KeyBytes)}
	if n.Cluster == "" {
		n.Cluster = "as-before"
	}
	if err := n.Validate(); err != nil {
		return o.Usage("%v", err)
	}
	return nil
}

// seeded shows what was made, and how to go on.
func (o Options) seeded(c seed.Config, r seed.Result) error {
	form, colours := o.Form()
	if form == screen.AsTable {
		fmt.Fprintf(o.Stderr, "start it: roster node --cluster %s --name %s --data-dir %s …; others from empty directories, with --join\n", r.Cluster, c.Name, c.Dir)
	}
	return screen.Show(o.Stdout, form, colours, r, func() *screen.Table {
		t := &screen.Table{Head: []string{"SHARD", "INDEX", "LIFTED TO", "AGENTS", "FROM"}}
		for _, s := range r.Shards {
			from := s.From
			if from == "" {
				from = "archive"
			}
			t.Add(s.ID.String(), strconv.FormatUint(uint64(s.Index), 10), strconv.FormatUint(uint64(s.Lifted), 10), strconv.Itoa(s.Agents), from)
		}
		return t
	})
}
