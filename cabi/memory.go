package main

/*
#include <stdlib.h>
#include "shim.h"
*/
import "C"

import (
	"strings"
	"sync"
	"time"
	"unsafe"

	"kbridge/bridge"
)

// stringBytes is the caller's string without its NUL, at most limit bytes of
// it. It aliases the caller's memory: copy it before the call returns. NULL is
// the empty string.
func stringBytes(s *C.char, limit int) []byte {
	return until(s, limit, func(at unsafe.Pointer) bool { return *(*byte)(at) == 0 })
}

// listBytes is the same for a list of strings that ends with an empty one; the
// NUL of the last string is left out.
func listBytes(s *C.char, limit int) []byte {
	after := byte(0) // an empty first string is an empty list
	return until(s, limit, func(at unsafe.Pointer) bool {
		b := *(*byte)(at)
		end := b == 0 && after == 0
		after = b
		return end
	})
}

// until looks at one byte after the other, and at none behind the one that end
// is true for: nobody knows whether that memory can be read.
func until(s *C.char, limit int, end func(unsafe.Pointer) bool) []byte {
	if s == nil {
		return nil
	}
	n := 0
	for n < limit && !end(unsafe.Add(unsafe.Pointer(s), n)) {
		n++
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(s)), n)
}

// putString writes s and a NUL to dst, which has room for size bytes.
func putString(dst *C.char, size int, s string) {
	to := unsafe.Slice((*byte)(unsafe.Pointer(dst)), size)
	n := copy(to[:size-1], s)
	to[n] = 0
}

// putCall is bridge.Call in C.
func putCall(call *C.kb_call, c *bridge.Call) {
	call.kind = C.int32_t(c.Kind)
	call.function = C.uintptr_t(c.Function)
	call.player, call.players = C.int32_t(c.Player), C.int32_t(c.Players)
	call.wait = C.int32_t((c.Wait + time.Millisecond - 1) / time.Millisecond)
	call.modal = 0
	if c.Modal {
		call.modal = 1
	}
	call.game = nil
	switch c.Kind {
	case bridge.CallGame, bridge.CallMoreInfos:
		call.game = keep(c.Game)
	case bridge.CallChat, bridge.CallDrop:
		putString(&call.nick[0], len(call.nick), c.Nick)
		putString(&call.text[0], len(call.text), c.Text)
	}
}

// kept are the names of the games that were played, in C's memory. They are
// never freed, since emulators keep the pointer; they are entries of the
// emulator's own list, so they are few.
var kept struct {
	sync.Mutex
	names map[string]*C.char
}

func keep(name string) *C.char {
	kept.Lock()
	defer kept.Unlock()
	if s, ok := kept.names[name]; ok {
		return s
	}
	if kept.names == nil {
		kept.names = make(map[string]*C.char)
	}
	s := C.CString(name)
	kept.names[strings.Clone(name)] = s
	return s
}
