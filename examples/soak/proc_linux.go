package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// footprint is what the system says of a process: resident memory in bytes, and open files.
func footprint(pid int) (rss, files int, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, 0, err
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			kib, err := strconv.Atoi(f[1])
			if err != nil {
				return 0, 0, err
			}
			rss = kib << 10
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	return rss, len(open), err
}
