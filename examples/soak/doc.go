// Command soak plays several games at 60 frames a second on a server that is attacked all the while, and watches the
// server's memory, goroutines and file descriptors. `make soak MINUTES=10` runs it.
//
// The server is a process of its own (this program again, with -serve), so that what is measured is the server's
// alone. Everything stays on loopback.
//
// The exit status is 0 only if memory, goroutines and file descriptors stayed flat, the players kept 60 frames a second
// in sync, newcomers were let in, no line of honest users' chat was lost, and no host that has proven nothing was sent
// more than three bytes for each that came in its name; otherwise the reasons are printed.
package main
