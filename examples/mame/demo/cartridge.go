package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

const (
	cartridgeHeader  = 16
	cartridgeProgram = 0x4000 // bytes, which the machine sees from C000 on
	cartridgePicture = 0x2000
)

// writeCartridge makes an iNES file (16 KiB of program, 8 KiB of pictures, no mapper) of a text of hexadecimal bytes.
func writeCartridge(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	cartridge := make([]byte, cartridgeHeader+cartridgeProgram+cartridgePicture)
	copy(cartridge, "NES\x1a\x01\x01")
	at := -1
	for n, line := range strings.Split(string(text), "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if words[0] == "prg" || words[0] == "chr" {
			if at, err = place(words); err != nil {
				return fmt.Errorf("%s:%d: %w", from, n+1, err)
			}
			continue
		}
		bytes, err := hex.DecodeString(strings.Join(words, ""))
		if err == nil && (at < 0 || at+len(bytes) > len(cartridge)) {
			err = errors.New("bytes outside of the cartridge")
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", from, n+1, err)
		}
		at += copy(cartridge[at:], bytes)
	}
	return os.WriteFile(to, cartridge, 0o644)
}

// place turns "prg C000" into an offset in the file.
func place(words []string) (int, error) {
	if len(words) != 2 {
		return 0, errors.New("an address must follow")
	}
	address, err := strconv.ParseUint(words[1], 16, 16)
	if err != nil {
		return 0, err
	}
	if words[0] == "chr" {
		return cartridgeHeader + cartridgeProgram + int(address)%cartridgePicture, nil
	}
	return cartridgeHeader + int(address)%cartridgeProgram, nil
}
