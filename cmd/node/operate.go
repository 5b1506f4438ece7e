package main

import (
	"github.com/spf13/cobra"

	"roster/cmd/node/bundle"
	"roster/cmd/node/doctor"
	"roster/cmd/node/survey"
	"roster/cmd/node/top"
)

// userAgent is what nodes see of this program.
const userAgent = "roster-cli/" + releaseVersion

// surveyor returns what asks every node of the cluster that the flags name.
func (a *app) surveyor() (*survey.Surveyor, error) {
	secret, err := a.accessToken()
	if err != nil {
		return nil, err
	}
	s, err := survey.New(survey.Options{Addresses: a.addresses(), TLS: a.trust(), Token: secret, UserAgent: userAgent})
	if err != nil {
		return nil, usagef("--addr, --ca, --client-cert and --client-key: %v", err)
	}
	return s, nil
}

func (a *app) doctorCommand() *cobra.Command {
	return doctor.Command(doctor.Options{Survey: a.surveyor, Output: a.withOutput, Form: a.form, Usage: usagef, Failed: &exitError{status: exitOther}, Args: args, Stdout: a.Stdout})
}

func (a *app) topCommand() *cobra.Command {
	return top.Command(top.Options{Survey: a.surveyor, Output: a.withOutput, Form: a.form, Usage: usagef, Args: args, Stdout: a.Stdout})
}

func (a *app) debugCommand() *cobra.Command {
	return bundle.Command(bundle.Options{Survey: a.surveyor, Usage: usagef, Args: args, Stdout: a.Stdout, Stderr: a.Stderr})
}
