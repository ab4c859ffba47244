package kclient

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/wire"
)

// helloRetry is how often HELLO and PING are repeated; both may be lost.
const helloRetry = 500 * time.Millisecond

// maxRead is the largest datagram that UDP can bring.
const maxRead = 64 << 10

// Ping measures the round trip to a server's query port as server lists do,
// without a session. addr is host[:port]; the context bounds the wait, 15 s at
// most. Of a name with several addresses each is asked for 3 s, as Dial does.
func Ping(ctx context.Context, addr string) (time.Duration, error) {
	servers, err := resolve(ctx, addr, nil)
	if err != nil {
		return 0, err
	}
	var rtt time.Duration
	err = eachAddress(addr, servers, 15*time.Second, func(server netip.AddrPort, timeout time.Duration) error {
		conn, err := listenUDP(server)
		if err != nil {
			return err
		}
		defer conn.Close()
		q := question{conn: conn, server: server, ask: wire.AppendPing(nil), timeout: timeout,
			waiting: "the answer to PING"}
		rtt, err = q.run(ctx, func(answer []byte) (bool, error) { return wire.IsPong(answer), nil })
		return err
	})
	return rtt, err
}

// hello asks for the session's port and returns the address that the session
// then runs against.
func hello(ctx context.Context, conn PacketConn, server netip.AddrPort, timeout time.Duration) (netip.AddrPort,
	time.Duration, error) {
	var port uint16
	var other error // what has come in place of an answer
	q := question{conn: conn, server: server, ask: wire.AppendHello(nil), timeout: timeout,
		waiting: "the answer to HELLO"}
	rtt, err := q.run(ctx, func(answer []byte) (bool, error) {
		p, err := wire.ParseHelloReply(answer)
		port = p
		if err != nil {
			err = fmt.Errorf("kclient: %v answered HELLO with %q: %w", server, cut(answer, 32), err)
		}
		if errors.Is(err, wire.ErrHandshake) && isBundle(answer) {
			other = err
			return false, nil // for the session that had this port before, through a router or a socket
		}
		return true, err
	})
	var silent *TimeoutError
	if other != nil && errors.As(err, &silent) {
		err = other
	}
	return netip.AddrPortFrom(server.Addr(), port), rtt, err
}

// isBundle reports whether a datagram is one of a session.
func isBundle(datagram []byte) bool {
	_, err := wire.ParseServerBundle(datagram, nil)
	return err == nil
}

// question is one plain text datagram that is repeated until it is answered from
// the address it was sent to.
type question struct {
	conn    PacketConn
	server  netip.AddrPort
	ask     []byte
	timeout time.Duration
	waiting string
}

// run returns the time from asking to the answer; from the first asking when it
// asked more than once, since nobody knows which one was answered. accept says whether a
// datagram is the answer; its error ends the wait.
func (q *question) run(ctx context.Context, accept func([]byte) (bool, error)) (time.Duration, error) {
	stop := guard.WhenDone(ctx, "kclient: handshake", func() { q.conn.SetReadDeadline(time.Now().Add(-time.Second)) },
		nil)
	defer stop()
	buf := make([]byte, 2048)
	var closed refusals
	var trouble trouble
	begun := time.Now()
	var asked time.Time
	for {
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("kclient: gave up waiting for %s from %v: %w", q.waiting, q.server, err)
		}
		now := time.Now()
		if after := now.Sub(begun); after >= q.timeout || trouble.stuck(now) {
			if closed.count >= closedReports {
				return 0, &NotListeningError{Server: q.server.String()}
			}
			return 0, &TimeoutError{Waiting: q.waiting, Server: q.server.String(), After: min(after, q.timeout),
				Kind: TimeoutHello, Cause: trouble.send}
		}
		if asked.IsZero() || now.Sub(asked) >= helloRetry {
			asked = now
			_, err := q.conn.WriteToUDPAddrPort(q.ask, q.server)
			if errors.Is(err, net.ErrClosed) {
				return 0, err
			}
			if closed.add(now, err, q.server) {
				err = nil // it could be sent
			}
			trouble.sent(now, err)
		}
		if closed.certain() {
			return 0, &NotListeningError{Server: q.server.String()}
		}
		q.conn.SetReadDeadline(earlier(asked.Add(helloRetry), begun.Add(q.timeout)))
		if err := ctx.Err(); err != nil { // the deadline just set may have overtaken the context's
			continue
		}
		n, from, err := q.conn.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			trouble.reads = 0
		case errors.Is(err, net.ErrClosed):
			return 0, err
		case errors.Is(err, os.ErrDeadlineExceeded):
			trouble.reads = 0
			continue
		default: // the port is closed; it may open yet
			closed.add(time.Now(), err, q.server)
			pause, ok := trouble.readFailed(err)
			if !ok {
				return 0, fmt.Errorf("kclient: cannot receive %s from %v: %w", q.waiting, q.server, err)
			}
			time.Sleep(pause)
			continue
		}
		if unmap(from) != q.server {
			continue
		}
		if ok, err := accept(buf[:n]); ok {
			return time.Since(begun), err
		}
	}
}

func unmap(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr().Unmap(), a.Port()) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func cut(b []byte, n int) []byte { return b[:min(len(b), n)] }
