package wire_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"roster/transport/wire"
)

func Example() {
	here, there := net.Pipe()
	queue := make(chan string, 2)
	queue <- "two frames,"
	queue <- "one write"
	w := wire.NewWriter(here, queue, func(b *bufio.Writer, s string) error {
		_, err := b.WriteString(s)
		return err
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx, 0, nil) }()

	got, err := wire.ReadBody(there, len("two frames,one write"))
	fmt.Println(string(got), err)
	cancel()
	fmt.Println(<-ended)

	c := wire.NewCursor([]byte{5, 'h', 'e'})
	fmt.Println(c.Bytes(c.Uvarint()), errors.Is(c.Err(), wire.ErrBroken), wire.Inside(io.EOF))
	// Output:
	// two frames,one write <nil>
	// context canceled
	// [] true unexpected EOF
}
