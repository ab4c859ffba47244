package main

import (
	"os"

	"kbridge/bridge"
)

const hostCharset = bridge.HostSession

// getenv asks Windows, which knows what the emulator has set since it started.
func getenv(name string) string { return os.Getenv(name) }
