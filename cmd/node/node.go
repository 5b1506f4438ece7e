package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"roster/cmd/node/daemon"
	"roster/cmd/node/intake"
	"roster/cmd/node/screen"
)

func (a *app) nodeCommand() *cobra.Command {
	var s daemon.Settings
	cmd := &cobra.Command{
		Use: "node", Short: "Run one node of a cluster", Args: args(cobra.NoArgs),
		Long: "Run one node of a cluster. Each flag may also stand in the environment (--data-dir as\nROSTER_DATA_DIR) or in the YAML file of --config (data_dir: …); flags come before the\nenvironment, that before the file.",
	}
	s.Flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := s.Load(cmd, a.Env); err != nil {
			return err
		}
		return daemon.Run(cmd.Context(), s, a.nodeOptions(a.logger()))
	}
	return cmd
}

// nodeOptions is what every node of this program is given.
func (a *app) nodeOptions(log *slog.Logger) daemon.Options {
	return daemon.Options{Version: releaseVersion, Logger: log, Decode: intake.DecodeCommand}
}

// logger writes the log to standard error: for people on a terminal, for machines
// elsewhere.
func (a *app) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if screen.IsTerminal(a.Stderr) {
		return slog.New(slog.NewTextHandler(a.Stderr, options))
	}
	return slog.New(slog.NewJSONHandler(a.Stderr, options))
}
