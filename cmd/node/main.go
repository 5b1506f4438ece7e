package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// Whoever asks twice wants the end now: the second signal kills.
	context.AfterFunc(ctx, stop)
	status := Main{Args: os.Args, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Env: os.Getenv}.Run(ctx)
	stop()
	os.Exit(status)
}

// Main is one run of the program, with everything that it takes from outside.
type Main struct {
	Args           []string // the program's name, then its arguments
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Env            func(name string) string // "" when it is not set
}

// Run carries out the command line and returns the exit status. It ends soon after
// ctx does.
func (m Main) Run(ctx context.Context) int {
	a := &app{Main: m}
	root := a.root()
	root.SetArgs(m.Args[1:])
	root.SetIn(m.Stdin)
	root.SetOut(m.Stdout)
	root.SetErr(m.Stderr)
	strictCompletion(root) // which writes to where root writes now
	return a.exit(root.ExecuteContext(ctx))
}
