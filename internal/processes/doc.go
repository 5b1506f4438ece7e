// Package processes starts the real binary, as real processes with real files and
// sockets, and treats it the way machines and people do: kill -9 while it writes,
// restarts, new addresses, wrong keys, copied and damaged directories, full disks.
//
// It holds only tests. They build cmd/node once a run and need nothing but Go and
// loopback; where Go is missing, and with -short, they skip and say why. They end the
// processes that they started and no others, take ports below the ephemeral range, and
// run at most two clusters at a time. ROSTER_KILL_RUNS=20 asks for more rounds of the
// test that kills the leader, ROSTER_CRASH_RUNS of the one that kills nodes under
// "roster load run chaos", ROSTER_ROLL_RUNS of the rolling restart, ROSTER_PAUSE_RUNS of the one that stops nodes, ROSTER_CYCLE_RUNS of growing
// and shrinking.
package processes
