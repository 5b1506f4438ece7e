package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/intake"
)

func (a *app) updateCommand() *cobra.Command {
	var f agentFlags
	var unlabel, unmetadata []string
	var ifMatch uint64
	cmd := &cobra.Command{
		Use: "update ID", Short: "Change parts of an agent", Args: args(cobra.ExactArgs(1)),
		Long: "Change parts of an agent: labels and metadata are merged, the rest is replaced.\n-f takes a JSON merge patch (RFC 7396) instead of flags.",
	}
	f.add(cmd)
	cmd.Flags().StringArrayVar(&unlabel, "unlabel", nil, "label to take off; may be repeated")
	cmd.Flags().StringArrayVar(&unmetadata, "unmetadata", nil, "metadata entry to take off; may be repeated")
	cmd.Flags().Uint64Var(&ifMatch, "if-match", 0, "only if this is the agent's revision")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		var patch json.RawMessage
		var err error
		if f.file != "" {
			patch, err = a.patchFile(f.file)
		} else {
			patch, err = f.patch(cmd, unlabel, unmetadata)
		}
		if err != nil {
			return err
		}
		return a.call(cmd, func(ctx context.Context, c *client.Client) error {
			record, stamp, err := c.Patch(ctx, roster.AgentID(args[0]), patch, roster.Index(ifMatch))
			if err != nil {
				return err
			}
			return a.showChange(changeBody{roster.OutcomeUpdated, record, stamp.Token})
		})
	}
	return a.withOutput(cmd)
}

// patchFile reads a merge patch. What it may hold is the node's to judge.
func (a *app) patchFile(name string) (json.RawMessage, error) {
	raw, err := a.readInput(name)
	if err != nil {
		return nil, err
	}
	if !json.Valid(raw) {
		return nil, usagef("%s: want a JSON merge patch", name)
	}
	return raw, nil
}

// mergePatch is RFC 7396 for an agent. A null entry takes its key away.
type mergePatch struct {
	Capabilities *[]roster.Capability `json:"capabilities,omitempty"`
	Labels       map[string]*string   `json:"labels,omitempty"`
	Endpoints    *[]roster.Endpoint   `json:"endpoints,omitempty"`
	Description  *string              `json:"description,omitempty"`
	Metadata     map[string]*string   `json:"metadata,omitempty"`
	OnEnd        *string              `json:"on_end,omitempty"`
}

// patch writes the flags that were given as a merge patch.
func (f *agentFlags) patch(cmd *cobra.Command, unlabel, unmetadata []string) (json.RawMessage, error) {
	var p mergePatch
	var err error
	changed := cmd.Flags().Changed
	if changed("capability") {
		list := intake.Capabilities(f.capabilities)
		for i := range list {
			list[i].Attributes = roster.Map{}
		}
		p.Capabilities = &list
	}
	if changed("endpoint") {
		list, err := intake.Endpoints(f.endpoints)
		if err != nil {
			return nil, err
		}
		p.Endpoints = &list
	}
	if changed("description") {
		p.Description = &f.description
	}
	if changed("on-end") {
		p.OnEnd = &f.onEnd
	}
	if p.Labels, err = intake.Merged("label", f.labels, unlabel); err != nil {
		return nil, err
	}
	if p.Metadata, err = intake.Merged("metadata", f.metadata, unmetadata); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(p)
	if err == nil && string(raw) == "{}" {
		return nil, usagef("%s: say what to change", cmd.CommandPath())
	}
	return raw, err
}
