// Command cabi is the shared library that emulators load: the classic Kaillera
// API of include/kailleraclient.h in C, and below it a bridge.Session that
// plays by the orders of the environment (bridge/autoplay). Build it with
//
//	go build -buildmode=c-shared -o build/libkailleraclient.so ./cabi
//
// which on Linux exports the nine functions and nothing else (exports_linux.so
// is a linker script, as libc.so is one), and never leaves the process again
// (Go links it with -z nodelete), so that dlclose is harmless.
//
// On Windows it is kailleraclient.dll (make dll). The nine functions are exported by the .def files under every name
// that emulators look up, and nothing else is. DllMain pins the library as soon as it is attached, so FreeLibrary is
// harmless, too, a thread of its own ends games for those who are in a DllMain of theirs (helper_windows.c), and
// kailleraSelectServerDialog handles the messages of the emulator's windows while it waits (shim_windows.c). Its thread
// then owns a hidden window that emulators look for and close (window_windows.c), and the emulator's own is disabled,
// as by a modal dialog (parent_windows.c).
//
// The nine functions are C (shim.c) around exported Go functions whose names
// begin with kb_. Go never calls the emulator. It returns what to call, C calls
// it while no Go frame is on the thread's stack, and then asks Go for the next:
//
//	do { n = GO(kb_play(values, size, thread, &call)); } while (made(&call));
//
// so a callback may be left by a longjmp or a C++ exception, and may call any of
// the functions again. The C is compiled with -fexceptions for that; only some
// targets (amd64 is one) unwind through C without it. GO (gocall.h) gives Go a floating-point
// unit of its own, and the emulator its own back.
//
// Nor does a thread of the emulator's wait inside Go. It is told to wait, and does so in C
// (threads_unix.c, threads_windows.c), until Go wakes it. Emulators kill their play thread
// there, and one that died inside Go would stop the whole process at the next garbage
// collection, which waits for it. Threads have numbers of our own, since the system
// gives those of dead ones to new ones.
//
// # What it must not do
//
// This package checks arguments and translates them, and that is all; what the
// calls mean is in bridge. It is the only one with import "C". An export never
// panics (each recovers, and returns its documented code), never exits the
// process, never keeps a pointer of the caller's, and prints nothing unless
// KAILLERA_LOG asks for it, or there is a lobby and no browser to show it.
package main
