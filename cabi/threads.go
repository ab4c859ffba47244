package main

/*
#cgo nocallback kb_wake
#cgo nocallback kb_thread_lives
#include "threads.h"
*/
import "C"

// threads are the emulator's, for the session.
type threads struct{}

func (threads) Wake(thread uintptr) { C.kb_wake(C.uintptr_t(thread)) }

func (threads) Lives(thread uintptr) bool { return C.kb_thread_lives(C.uintptr_t(thread)) != 0 }
