//go:build !unix

package agentpool

import "roster/agentpool/meter"

// There are no programs here.

func signalReclaim(meter.Meter, int) bool { return false }

func signalKill(int) {}
