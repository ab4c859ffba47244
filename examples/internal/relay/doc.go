// Package relay stands between one emulator and a server, and does to their datagrams what a line over a distance does:
// it takes its time, and loses some.
//
//	r, err := relay.New(server, relay.Line{Delay: 45 * time.Millisecond, Loss: 0.05}.Ways(seed))
//	defer r.Close()
//	// the emulator's KAILLERA_SERVER is r.Addr()
//
// The examples use it to put their players at different distances. It knows no more of the protocol than it has to: the
// port in the answer to HELLO becomes its own.
package relay
