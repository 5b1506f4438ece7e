package conns_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"

	"roster"
	"roster/agentpool"
	"roster/fleet"
	"roster/upstream/conns"
)

// serve is an outside service: it answers each line in a friendly way.
func serve(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				fmt.Fprintf(conn, "hello %s\n", lines.Text())
			}
		}()
	}
}

// ask sends a line and reads one. What it leaves behind after an error nobody should find:
// the connection is given up.
func ask(ctx context.Context, pool *conns.Pool[net.Conn], text string) (string, error) {
	loan, err := pool.Borrow(ctx)
	if err != nil {
		return "", err
	}
	defer context.AfterFunc(ctx, loan.Discard)()
	fmt.Fprintln(loan.Conn, text)
	answer, err := bufio.NewReader(loan.Conn).ReadString('\n')
	if err != nil {
		loan.Discard()
		return "", err
	}
	loan.Return()
	return answer, nil
}

// Twenty agents of one program ask an outside service that stands two connections.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer l.Close()
	go serve(l)

	pool := conns.New(conns.Config[net.Conn]{Size: 2, Open: func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}})
	var answered sync.WaitGroup
	answered.Add(20)
	greeter := func(ctx context.Context, self agentpool.Self) error {
		self.Ready()
		_, err := ask(ctx, pool, string(self.ID))
		if err == nil {
			answered.Done()
		}
		return err
	}
	agents := agentpool.New(agentpool.Config{Drivers: []agentpool.Driver{agentpool.NewInproc(map[string]agentpool.Func{"greeter": greeter})},
		Report: func(agentpool.Event) {}})
	for i := range 20 {
		agents.Want(agentpool.Agent{ID: roster.AgentID(fmt.Sprintf("demo/greeter~%d", i)), Epoch: 1, Spec: &fleet.Spec{Driver: fleet.Inproc, Entry: "greeter"}})
	}
	answered.Wait()
	fmt.Println(agents.Close(context.Background()), pool.Close(context.Background()))
	fmt.Println("two connections were enough:", pool.Stats().Opened <= 2)
	// Output:
	// <nil> <nil>
	// two connections were enough: true
}
