// Package containers starts Roster as a stranger would and then treats it badly: once
// as containers from the compose files of this project, once as plain processes.
//
// Its tests build the binary and take a while, so they run only when they are asked
// for, and otherwise skip and say why: ROSTER_PROCESSES=1 for processes, and
// ROSTER_CONTAINERS=1 for containers, which need a Docker daemon and either "docker
// compose" or docker-compose. They use free ports. The container test touches nothing
// but its own compose project, roster-ci, and takes that down before and after.
package containers
