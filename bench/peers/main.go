package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"roster/bench/peers/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// run carries out one command line. The hidden subcommands are how it starts servers.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	servers := map[string]func(context.Context, serve.Member) error{
		"serve-etcd": serve.Etcd, "serve-nats": serve.NATS, "serve-bare": serve.Bare,
	}
	if len(args) > 0 && servers[args[0]] != nil {
		m, err := serve.ParseMember(args[1:])
		if err != nil {
			return err
		}
		return servers[args[0]](ctx, m)
	}
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	if o.from != "" {
		return renderFile(o, out)
	}
	return measureAll(ctx, o, out, progress)
}
