package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"roster"
	"roster/client"
	"roster/cmd/node/screen"
	"roster/node"
)

// Settings is what a node is told by flags, environment and file.
type Settings struct {
	cluster, keyFile, dataDir, bind, advertise, http, name, durability, store string
	join                                                                      []string
	expect, shards                                                            int
	insecure                                                                  bool
	key                                                                       []byte
	developmentKey                                                            bool
	replaceAfter                                                              time.Duration
	readers                                                                   roster.Readers
	labels                                                                    roster.Map
	told                                                                      map[string]string // every setting; none is a secret
	auth                                                                      auth
	agents                                                                    agents
	doors
}

// setting is one of them. Its name is that of its flag; the environment says it as
// ROSTER_NAME and the file as name, with "_" for "-".
type setting struct {
	name, fallback, usage string
	take                  func(value string) error
}

// table lists the settings in the order in which help shows them.
func (s *Settings) table() []setting {
	host, _ := os.Hostname() // without one, the node's own default name
	table := []setting{
		{"cluster", "roster", "name that all nodes of the cluster share", text(&s.cluster)},
		{"key-file", "", "file with the cluster's key, as roster keygen --out makes it (or ROSTER_KEY holds the key)", text(&s.keyFile)},
		{"data-dir", "", "directory that keeps the node between starts", text(&s.dataDir)},
		{"bind", "127.0.0.1:7500", "host:port for everything between nodes", text(&s.bind)},
		{"advertise", "", "host:port at which other nodes reach --bind (default --bind)", text(&s.advertise)},
		{"http", client.DefaultAddress, "host:port of the HTTP API", text(&s.http)},
		{"join", "", "nodes to meet, host:port,…; may hold this node itself", func(v string) error { s.join = client.SplitAddresses(v); return nil }},
		{"expect", "", "how many nodes found the cluster together; 0: wait to meet one (default 1, with --join 0)", s.takeExpect},
		{"name", nodeNameOf(host), "name of the node, unique in the cluster", text(&s.name)},
		{"durability", string(roster.DurabilitySync), "what an acknowledged write has survived: sync or none; fixed when the cluster is founded", text(&s.durability)},
		{"store", node.StoreDefault, "where logs of shards that are new to this node are kept: shared, one for all, or bolt, a file for each", text(&s.store)},
		{"shards", strconv.Itoa(roster.ShardsDefault), "shards of a cluster that is founded", number(&s.shards)},
		{"readers", roster.ReadersAll.String(), "how many nodes hold a shard beside its voters, in a cluster that is founded: all, none or a number", func(v string) error { return s.readers.UnmarshalText([]byte(v)) }},
		{"label", "", "what this node is called by, key=value,…, such as zone=a: voters are spread over zones", s.takeLabels},
		{"replace-after", node.ReplaceAfterDefault.String(), "how long a node may be down before others take over its votes; the same on every node", span(&s.replaceAfter)},
		{"insecure", "false", "allow addresses beyond loopback without TLS or without tokens", boolean(&s.insecure)},
	}
	return append(table, slices.Concat(s.doorSettings(), s.auth.settings(), s.agents.settings())...)
}

func text(field *string) func(string) error {
	return func(v string) error { *field = v; return nil }
}

func number(field *int) func(string) error {
	return func(v string) (err error) {
		if *field, err = strconv.Atoi(v); err != nil {
			return fmt.Errorf("%s is not a whole number", screen.Quote(v))
		}
		return nil
	}
}

func boolean(field *bool) func(string) error {
	return func(v string) (err error) {
		if *field, err = strconv.ParseBool(v); err != nil {
			return fmt.Errorf("%s: want true or false", screen.Quote(v))
		}
		return nil
	}
}

func span(field *time.Duration) func(string) error {
	return func(v string) (err error) {
		if *field, err = time.ParseDuration(v); err != nil || *field == 0 {
			return fmt.Errorf("%s: want a time such as 30s or 5m", screen.Quote(v))
		}
		return nil
	}
}

// takeLabels reads key=value,….
func (s *Settings) takeLabels(v string) error {
	labels := map[string]string{}
	for _, word := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' }) {
		key, value, ok := strings.Cut(strings.TrimSpace(word), "=")
		if _, twice := labels[key]; !ok || twice {
			return fmt.Errorf("%s: want key=value, each key once", screen.Quote(word))
		}
		labels[key] = value
	}
	s.labels = roster.MapOf(labels)
	return nil
}

// takeExpect leaves a missing number to what --join says, which comes before it.
func (s *Settings) takeExpect(v string) error {
	if v == "" {
		if len(s.join) == 0 {
			s.expect = 1
		}
		return nil
	}
	return number(&s.expect)(v)
}

// Flags defines a flag for each setting. All but the switches are text here, so that
// what is wrong with them is told together with all other faults.
func (s *Settings) Flags(cmd *cobra.Command) {
	for _, one := range s.table() {
		if one.fallback == "false" {
			cmd.Flags().Bool(one.name, false, one.usage)
			continue
		}
		cmd.Flags().String(one.name, one.fallback, one.usage)
	}
	cmd.Flags().String("config", "", "YAML file with these settings; flags and ROSTER_… come before it")
}

// Load fills s: a flag comes before the environment, that before the file, that
// before the default. It returns everything that is wrong.
func (s *Settings) Load(cmd *cobra.Command, env func(string) string) error {
	name := cmd.Flags().Lookup("config").Value.String()
	if name == "" {
		name = env("ROSTER_CONFIG")
	}
	table := s.table()
	s.told = make(map[string]string, len(table))
	file, faults := readSettings(name, table)
	for _, one := range table {
		value, where := one.fallback, "default of "+one.name
		if line, ok := file[one.name]; ok {
			value, where = line.value, fmt.Sprintf("%s line %d, %s", name, line.number, one.name)
		}
		if v := env(envName(one.name)); v != "" {
			value, where = v, envName(one.name)
		}
		if flag := cmd.Flags().Lookup(one.name); flag.Changed {
			value, where = flag.Value.String(), "--"+one.name
		}
		s.told[one.name] = value
		if err := one.take(value); err != nil {
			faults = append(faults, where+": "+err.Error())
		}
	}
	faults = append(faults, s.loadKey(env)...)
	faults = append(faults, s.auth.load()...)
	faults = append(faults, s.loadDoors()...)
	faults = append(faults, s.shut()...)
	return configError(append(faults, s.rest()...)...)
}

// rest returns what the node itself would refuse, less what loadKey and shut tell.
func (s *Settings) rest() []string {
	c := nodeConfig(*s, Options{})
	c.Key, c.Bind = make([]byte, KeyBytes), ""
	if err := c.Validate(); err != nil {
		return strings.Split(err.Error(), "\n") // one line a fault, as Validate joins them
	}
	return nil
}

func envName(flag string) string {
	return "ROSTER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// loadKey reads the key from its file, or from ROSTER_KEY.
func (s *Settings) loadKey(env func(string) string) []string {
	key, where := env("ROSTER_KEY"), "ROSTER_KEY"
	if s.keyFile != "" {
		var err error
		if key, err = readKey(s.keyFile); err != nil {
			return []string{"key-file: " + err.Error()}
		}
		where = "key-file " + s.keyFile
	}
	if key == "" {
		return []string{"no key: make one with roster keygen --out key, then give --key-file key to every node"}
	}
	var err error
	if s.key, err = ParseKey(key); err != nil {
		return []string{where + ": " + err.Error()}
	}
	s.developmentKey = strings.TrimSpace(key) == DevelopmentKey
	return nil
}

// shut refuses to listen beyond loopback with less than full protection, unless that
// was asked for.
func (s *Settings) shut() []string {
	var faults []string
	for _, door := range s.ports() {
		local, err := IsLoopback(door.value)
		switch lacks := s.lacks(door.name); {
		case err != nil:
			faults = append(faults, fmt.Sprintf("%s %s: want host:port", door.name, screen.Quote(door.value)))
		case !local && !s.insecure && lacks != "":
			faults = append(faults, fmt.Sprintf("%s %s is open beyond this machine and lacks %s: say --insecure if the network is yours alone", door.name, door.value, lacks))
		}
	}
	return faults
}

// IsLoopback reports whether only this machine reaches an address.
func IsLoopback(address string) (bool, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false, err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return false, err
	}
	if host == "localhost" {
		return true, nil
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback(), nil
}

// nodeNameOf makes a node's name of a host's: its first label, as far as it fits.
func nodeNameOf(host string) string {
	host, _, _ = strings.Cut(strings.ToLower(host), ".")
	name := strings.Map(func(r rune) rune {
		if (r >= 'a' && r <= 'z') || (r >= '0' && r <= '9') {
			return r
		}
		return '-'
	}, host)
	name = strings.Trim(name[:min(len(name), 40)], "-")
	if name == "" {
		return "node"
	}
	return name
}
