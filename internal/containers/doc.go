// Package containers starts Roster as a stranger would and then treats it badly: once
// as containers from the compose files of this project, once as plain processes.
//
// Its tests build the binary and take a while, so they run only when they are asked
// for, and otherwise skip and say why: ROSTER_PROCESSES=1 for processes, and
// ROSTER_CONTAINERS=1 for containers, which need a Docker daemon and either "docker
// compose" or docker-compose. They use free ports. The container tests touch nothing
// but their own compose project, roster-ci, and take that down before and after; to make
// a container deaf or mute they enter its network namespace, which needs root and iptables.
// ROSTER_FAULT_RUNS=30 asks for more rounds of the test that breaks them.
package containers
