// Command peers measures Roster beside etcd, NATS JetStream and Redis: the same load
// client, the same records, the same number of connections, on the same machine in the
// same run, and says how many times each peer's figure Roster's is.
//
//	make peers                                   # all, five repeats: about half an hour
//	cd bench/peers && go run . -quick            # does it still work? under a minute
//	go run . -systems etcd,roster -rows put,get -repeats 3 -o markdown
//	go run . -records 1000000 -rows rss,restart  # a million records
//
// Servers are processes of their own, on loopback alone, in a directory that is removed
// in the end; one system runs at a time, and each repeat starts all of them anew, in
// another order. It needs Linux.
package main
