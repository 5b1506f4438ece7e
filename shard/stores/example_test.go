package stores_test

import (
	"fmt"
	"log/slog"
	"os"

	"roster/shard/logstore"
	"roster/shard/stores"
)

func Example() {
	dir, err := os.MkdirTemp("", "stores")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	for _, kind := range []logstore.Kind{logstore.Shared, logstore.Bolt} {
		s, err := stores.Open(stores.Config{Dir: dir, Kind: kind, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			fmt.Println(err)
			return
		}
		store, has, err := s.Open(3)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("asked for", kind, "has", has, store.Close(), s.Close())
	}
	// Output:
	// asked for shared has shared <nil> <nil>
	// asked for bolt has shared <nil> <nil>
}
