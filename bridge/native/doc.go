// Package native loads a Kaillera client library by its path, ours or an old
// kailleraclient.dll, and calls it as an emulator does, callbacks included,
// without cgo. The ABI tests drive our library through it, and it is how a Go
// program can look at what another library does.
//
// The library's functions are plain calls: ModifyPlayValues and
// SelectServerDialog block as they do in C, and callbacks run on the thread that
// is inside one of them. A goroutine that calls the library should lock its
// thread (runtime.LockOSThread): some libraries keep a window or a message
// queue on it. On 32-bit Windows functions and callbacks are __stdcall, and all
// three spellings of the exports are tried.
//
// # What it must not do
//
// It does not know what the calls mean, checks nothing on the library's behalf,
// and converts no text: strings are bytes in the library's charset. Callbacks
// must return; a panic in one ends the process.
//
// A library that holds a Go runtime of its own, as ours does, makes two of them
// in one process. That works well enough for tests on Linux, in a process built
// without -race, but is nothing that Go promises.
package native
