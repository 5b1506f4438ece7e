package mailbox_test

import (
	"fmt"
	"time"

	"roster/mailbox"
)

func Example() {
	now := time.Unix(0, 0)
	box := mailbox.New(mailbox.Limits{Messages: 2})
	for _, m := range []mailbox.Message{{ID: "a", To: "demo/x"}, {ID: "b", To: "demo/x", Priority: mailbox.High}, {ID: "a", To: "demo/x"}, {ID: "c", To: "demo/x"}} {
		_, fresh, err := box.Put(m, now)
		fmt.Println(m.ID, fresh, err)
	}
	got, _ := box.Take(1, 0, 10, now)
	fmt.Println(got[0].ID, got[1].ID, box.State().Handed)
	got, _ = box.Take(1, 2, 10, now) // what came up to 2 is done
	fmt.Println(len(got), box.Len())
	// Output:
	// a true <nil>
	// b true <nil>
	// a false <nil>
	// c false the mailbox of demo/x is full
	// b a 2
	// 0 0
}
