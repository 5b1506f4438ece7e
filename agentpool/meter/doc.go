// Package meter measures memory: that of process groups by what the kernel says of each of
// their processes, and that of this process by what Go's runtime says.
//
//	Meter.Groups(ids) ──▶ what each holds, at most
//	Meter.Exact(group) ──▶ with what several of its processes share counted once
//	Own.Read() ──▶ what this process takes, and how well
//
// What counts of a program is what its end would give back: anonymous and shared memory, not
// the pages of files, which the kernel takes back by itself.
//
// Where there is no /proc, groups are not measured: the error is ErrNoKernel.
package meter
