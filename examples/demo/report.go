package main

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
)

const (
	screenWidth  = 64 // pixels
	screenHeight = 32
)

// screen is a bit per pixel, top left first.
type screen [screenWidth * screenHeight / 8]byte

func (s *screen) pixel(x, y int) int {
	n := y*screenWidth + x
	return int(s[n/8] >> (7 - n%8) & 1)
}

// frame is what an emulator reports of one frame (examples/chip8/report.h).
type frame struct {
	number int    // from 1
	digest uint64 // of the machine's whole state after the frame
	keys   uint16 // that the machine was given
	screen screen
}

var errReport = errors.New("a line of the emulator's report is not understood")

// parseFrame reads one line of a report that does not begin with #.
func parseFrame(line string) (frame, error) {
	var f frame
	fields := strings.Fields(line)
	if len(fields) != 4 || len(fields[1]) != 16 || len(fields[2]) != 4 || len(fields[3]) != 2*len(f.screen) {
		return f, errReport
	}
	number, err := strconv.ParseUint(fields[0], 10, 31)
	if err != nil || number == 0 {
		return f, errReport
	}
	f.number = int(number)
	var numbers [10]byte
	if _, err := hex.Decode(numbers[:], []byte(fields[1]+fields[2])); err != nil {
		return f, errReport
	}
	f.digest = binary.BigEndian.Uint64(numbers[:8])
	f.keys = binary.BigEndian.Uint16(numbers[8:])
	if _, err := hex.Decode(f.screen[:], []byte(fields[3])); err != nil {
		return f, errReport
	}
	return f, nil
}
