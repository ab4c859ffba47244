// Package udp opens UDP sockets, for the client and for the server. It is
// net.ListenUDP, and on Windows a second way for where that one fails:
//
//	conn, err := udp.Listen("udp4", nil) // a free port
//
// Package net (Go 1.26) gives a socket up when Winsock does not know
// SIO_UDP_NETRESET. Windows 10 does; Wine does not (8.0 tried, and its sources since
// then do not name it), so no Windows emulator under Wine
// could play. There, and only there, [Listen] makes a socket out of
// non-blocking Winsock calls and events, with the same methods.
//
// A client's socket, [ListenClient], also reports on Linux that a port it sent to is
// closed ([RefusedError]).
//
// A server's socket, [ListenServer], knows on Linux, macOS and Windows to which of the computer's addresses a datagram
// was sent, and answers from there ([ServerConn]); macOS and Windows have not been tried. Under Wine it is a plain one:
// Wine (8.0) says of each datagram where it was sent to, but ignores where one is to leave from (WSASendMsg), and binds
// a socket of one address to all.
//
// # What it must not do
//
// It knows nothing of what is sent. Reads and writes do not allocate.
package udp
