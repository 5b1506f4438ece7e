package digest_test

import (
	"fmt"

	"roster"
	"roster/shard/digest"
)

// Three replicas apply the same entries; one of them makes something else of one.
func Example() {
	heard := map[roster.NodeID][]digest.Window{}
	for _, node := range []roster.NodeID{"n-1", "n-2", "n-3"} {
		d := digest.New()
		for index := uint64(1); index <= 2*digest.Entries; index++ {
			result := roster.Result{Index: roster.Index(index)}
			if node == "n-2" && index == 300 {
				result.Err = roster.Errorf(roster.CodeRefused, "a bit flipped")
			}
			d.Add(index, []byte("entry"), []roster.Result{result})
		}
		d.Add(2*digest.Entries+1, nil, nil) // the first beyond a window ends it
		heard[node] = d.Windows()
	}
	for _, node := range []roster.NodeID{"n-1", "n-2"} {
		verdict, at := digest.Judge(node, 3, heard)
		fmt.Println(node, verdict == digest.Differs, at)
	}
	// Output:
	// n-1 false 0
	// n-2 true 512
}
