package measure

import (
	"time"

	"roster/bench/peers/process"
	"roster/bench/peers/table"
)

// spent is what was used up to a moment.
type spent struct {
	at                       time.Time
	servers, client, machine time.Duration
}

func spentBy(processes []*process.Process) spent {
	return spent{time.Now(), process.CPU(processes), process.OwnCPU(), process.MachineCPU()}
}

// since writes into sample what was used from an earlier moment on, by so many
// operations.
func (s spent) since(then spent, operations float64, sample *table.Sample) {
	elapsed := s.at.Sub(then.at).Seconds()
	servers, client := s.servers-then.servers, s.client-then.client
	if operations > 0 {
		sample.ServerCPU = float64(servers.Microseconds()) / operations
		sample.ClientCPU = float64(client.Microseconds()) / operations
	}
	if elapsed > 0 {
		sample.ServerCores = servers.Seconds() / elapsed
		sample.OtherCores = max(0, (s.machine-then.machine-servers-client).Seconds()/elapsed)
	}
	sample.Load = process.LoadAverage()
}
