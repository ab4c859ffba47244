package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// line is a frame as examples/chip8/report.c writes it.
func (f frame) line() string {
	return fmt.Sprintf("%d %016x %04x %x\n", f.number, f.digest, f.keys, f.screen)
}

func TestParseFrame(t *testing.T) {
	want := frame{number: 600, digest: 0x0123456789abcdef, keys: 0x2010}
	want.screen[0], want.screen[255] = 0x80, 0x01
	line := strings.TrimSpace(want.line())
	got, err := parseFrame(line)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, 1, got.screen.pixel(0, 0))
	require.Equal(t, 1, got.screen.pixel(63, 31))
	require.Equal(t, 0, got.screen.pixel(1, 0))

	for n := range line {
		_, err := parseFrame(line[:n])
		require.ErrorIs(t, err, errReport, "cut after %d bytes", n)
	}
	for _, bad := range []string{
		strings.Replace(line, "600", "0", 1), strings.Replace(line, "600", "-1", 1), strings.Replace(line, "600",
			"99999999999", 1),
		strings.Replace(line, "2010", "20x0", 1), strings.Replace(line, "2010", "020100", 1),
		strings.Replace(line, "cdef", "cdeg", 1),
		line + "0", line[:len(line)-1] + "g", line + " more",
	} {
		_, err := parseFrame(bad)
		require.ErrorIs(t, err, errReport, bad)
	}
}
