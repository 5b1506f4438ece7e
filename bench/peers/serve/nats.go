package serve

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// natsReadyWithin is how long a NATS server may take until it accepts clients.
const natsReadyWithin = 30 * time.Second

// NATSConfig returns the configuration file of one NATS server with JetStream, in the
// words of its manual. sync_interval is what makes it answer a write after the sync; as
// shipped it syncs every two minutes.
func NATSConfig(m Member) string {
	routes := make([]string, 0, len(m.Peers))
	for _, peer := range m.Peers {
		_, address, _ := strings.Cut(peer, "=")
		routes = append(routes, "nats://"+address)
	}
	return fmt.Sprintf(`server_name: %q
listen: %q
http: %q
jetstream {
  store_dir: %q
  sync_interval: always
}
cluster {
  name: peers
  listen: %q
  routes: [%s]
}
`, m.Name, m.Client, m.Status, m.Dir, m.Peer, strings.Join(routes, ", "))
}

// NATSOptions writes the configuration file beside the records and reads it as the
// server's own program does.
func NATSOptions(m Member) (*server.Options, error) {
	if err := os.MkdirAll(m.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	file := filepath.Join(m.Dir, "nats.conf")
	if err := os.WriteFile(file, []byte(NATSConfig(m)), 0o600); err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	options, err := server.ProcessConfigFile(file)
	if err != nil {
		return nil, fmt.Errorf("nats: %w", err)
	}
	options.NoSigs = true // ctx says when it ends
	return options, nil
}

// NATS runs one NATS server until ctx ends.
func NATS(ctx context.Context, m Member) error {
	options, err := NATSOptions(m)
	if err != nil {
		return err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return fmt.Errorf("nats: %w", err)
	}
	s.ConfigureLogger()
	go s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(natsReadyWithin) {
		return errors.New("nats: not ready in time")
	}
	<-ctx.Done()
	return nil
}
