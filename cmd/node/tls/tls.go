package tls

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"roster/certs"
	"roster/certs/authority"
)

const (
	caDays   = 3650
	leafDays = 365
	daysMax  = 36500
	// caName is what the CA's files are called, before their endings.
	caName = "ca"
)

// Options say how a subcommand speaks. All are needed.
type Options struct {
	Stdout io.Writer
	// Program is how the user calls the program.
	Program string
	// Usage is the error for what was typed wrongly.
	Usage func(format string, args ...any) error
	Args  func(cobra.PositionalArgs) cobra.PositionalArgs
}

// CA makes the CA of a cluster.
func CA(o Options) *cobra.Command {
	var dir, cluster string
	var days int
	cmd := &cobra.Command{
		Use: "ca --out DIR --cluster NAME", Short: "Make a CA for the certificates of one cluster", Args: o.Args(cobra.NoArgs),
		Long: "Make a CA for the certificates of one cluster: DIR/ca.crt, which every node and client is\ngiven, and DIR/ca.key, which none is: whoever has it can make nodes. Files that are there\nare never overwritten.",
	}
	cmd.Flags().StringVar(&dir, "out", "", "directory for the files; made if it is not there")
	cmd.Flags().StringVar(&cluster, "cluster", "", "name of the cluster, as its nodes are given it")
	cmd.Flags().IntVar(&days, "days", caDays, "how long it is valid")
	cmd.RunE = func(*cobra.Command, []string) error {
		until, err := o.until(days)
		switch {
		case err != nil:
			return err
		case dir == "":
			return o.Usage("--out: say in which directory")
		case cluster == "":
			return o.Usage("--cluster: say the name of the cluster")
		}
		ca, err := authority.New(cluster, time.Now(), until)
		if err != nil {
			return o.Usage("--cluster: %v", err)
		}
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return o.Usage("--out: %v", err)
		}
		if err := o.write(dir, caName, ca); err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.Stdout, `made %[2]s and %[3]s; keep the key where no node can read it

Issue a certificate to each node, and one to whoever calls:
  %[1]s tls node --dir %[4]s --name n1 --host n1.example,10.0.0.1
  %[1]s tls client --dir %[4]s --name ops
`, o.Program, file(dir, caName, "crt"), file(dir, caName, "key"), dir)
		return err
	}
	return cmd
}

// Node issues the certificate of a node.
func Node(o Options) *cobra.Command {
	var l request
	cmd := &cobra.Command{
		Use: "node --dir DIR --name NAME [--host HOST,…]", Short: "Issue the certificate of a node", Args: o.Args(cobra.NoArgs),
		Long: "Issue a certificate by which the node called NAME speaks to the others, and serves HTTPS\nunder the names and addresses of --host and on loopback: DIR/NAME.crt and DIR/NAME.key.",
	}
	l.flags(cmd)
	cmd.Flags().StringSliceVar(&l.hosts, "host", nil, "names and addresses under which its HTTP API is reached")
	cmd.RunE = func(*cobra.Command, []string) error {
		l.hosts = append(l.hosts, "localhost", "127.0.0.1", "::1")
		cluster, err := o.issue(certs.RoleNode, l)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.Stdout, `made %[3]s and %[4]s

Give them to the node, with the CA's certificate but not its key:
  %[1]s node --cluster %[6]s --name %[2]s --tls-ca %[5]s --tls-cert %[3]s --tls-key %[4]s …
`, o.Program, l.name, file(l.dir, l.name, "crt"), file(l.dir, l.name, "key"), file(l.dir, caName, "crt"), cluster)
		return err
	}
	return cmd
}

// Client issues the certificate of a caller.
func Client(o Options) *cobra.Command {
	var l request
	cmd := &cobra.Command{
		Use: "client --dir DIR --name NAME", Short: "Issue the certificate of a client", Args: o.Args(cobra.NoArgs),
		Long: "Issue a certificate by which a client calls nodes that ask for one (--http-client-ca):\nDIR/NAME.crt and DIR/NAME.key. The port between nodes refuses it.",
	}
	l.flags(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		if _, err := o.issue(certs.RoleClient, l); err != nil {
			return err
		}
		_, err := fmt.Fprintf(o.Stdout, `made %[2]s and %[3]s

Call with them:
  %[1]s status --addr https://HOST:7400 --ca %[4]s --client-cert %[2]s --client-key %[3]s
`, o.Program, file(l.dir, l.name, "crt"), file(l.dir, l.name, "key"), file(l.dir, caName, "crt"))
		return err
	}
	return cmd
}

// request is what a certificate is asked for by.
type request struct {
	dir, name string
	hosts     []string
	days      int
}

func (l *request) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&l.dir, "dir", "", "directory of the CA; the new files go there, too")
	cmd.Flags().StringVar(&l.name, "name", "", "name of the holder; of a node: its --name")
	cmd.Flags().IntVar(&l.days, "days", leafDays, "how long it is valid")
}

// issue writes a certificate and its key, and returns the name of the cluster.
func (o Options) issue(role certs.Role, l request) (cluster string, err error) {
	until, err := o.until(l.days)
	switch {
	case err != nil:
		return "", err
	case l.dir == "":
		return "", o.Usage("--dir: say in which directory the CA is")
	case l.name == "":
		return "", o.Usage("--name: say whose certificate it is")
	}
	ca, err := readCA(l.dir)
	if err != nil {
		return "", o.Usage("--dir %s: %v; a CA is made by: %s tls ca --out %s --cluster NAME", l.dir, err, o.Program, l.dir)
	}
	if until.After(ca.Expires()) {
		until = ca.Expires()
	}
	who := certs.Identity{Cluster: ca.Cluster(), Role: role, Name: l.name}
	p, err := ca.Issue(authority.Leaf{Identity: who, Hosts: l.hosts, From: time.Now(), Until: until})
	if err != nil {
		return "", o.Usage("%v", err)
	}
	return ca.Cluster(), o.write(l.dir, l.name, p)
}

func readCA(dir string) (*authority.Authority, error) {
	var p authority.PEM
	var err error
	if p.Cert, err = os.ReadFile(file(dir, caName, "crt")); err != nil {
		return nil, err
	}
	if p.Key, err = os.ReadFile(file(dir, caName, "key")); err != nil {
		return nil, err
	}
	return authority.Parse(p)
}

// until is when something that is valid for so many days ends.
func (o Options) until(days int) (time.Time, error) {
	if days < 1 || days > daysMax {
		return time.Time{}, o.Usage("--days %d: want 1 to %d", days, daysMax)
	}
	return time.Now().AddDate(0, 0, days), nil
}

func file(dir, name, ending string) string { return filepath.Join(dir, name+"."+ending) }

// write puts a certificate and its key into new files that only their owner can read.
// The key comes first: a pair of which one is there already stays whole.
func (o Options) write(dir, name string, p authority.PEM) error {
	key, cert := file(dir, name, "key"), file(dir, name, "crt")
	if _, err := os.Lstat(cert); err == nil {
		return o.taken(cert)
	}
	if err := writeNew(key, p.Key); err != nil {
		return o.refused(key, err)
	}
	if err := writeNew(cert, p.Cert); err != nil {
		return errors.Join(o.refused(cert, err), os.Remove(key))
	}
	return nil
}

func (o Options) refused(name string, err error) error {
	if errors.Is(err, fs.ErrExist) {
		return o.taken(name)
	}
	return o.Usage("%v", err)
}

func (o Options) taken(name string) error {
	return o.Usage("%s is there already and may be in use: move it away, or choose another name", name)
}

// writeNew writes a file that must not be there.
func writeNew(name string, raw []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(name) // half of it serves nobody
	}
	return err
}
