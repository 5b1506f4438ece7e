//go:build linux || darwin

package machine

import "syscall"

// space returns the bytes that are free, and all, of the file system of dir.
func space(dir string) (free, size uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), nil
}

// files returns how many files a process may open; 0 where nobody says. Go raises the soft
// limit to the hard one for itself, as it does in a node.
func files() uint64 {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return limit.Cur
}
