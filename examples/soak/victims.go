package main

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// victim is a host that has proven nothing to the server: an attacker writes its address into datagrams. On loopback
// that needs no forging, since every address of 127.0.0.0/8 is ours. Nobody there reads an answer; what the server
// sends to the host is only counted.
type victim struct {
	what    string
	host    net.IP
	sent    atomic.Int64 // bytes that were sent to the server in its name
	came    atomic.Int64 // bytes that the server sent to it
	sockets sync.WaitGroup
}

// leastSent is from how many bytes on a ratio says something.
const leastSent = 1000

// newVictim is another host each time.
func (a *attack) newVictim(what string) *victim {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := len(a.victims)
	v := &victim{what: what, host: net.IPv4(127, 200, byte(n>>8), byte(n))}
	a.victims = append(a.victims, v)
	return v
}

// socket is a port of the host, open until the context ends.
func (a *attack) socketOf(ctx context.Context, v *victim) (*net.UDPConn, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: v.host})
	if err != nil {
		return nil, err
	}
	_ = c.SetReadBuffer(1 << 20) // nothing that came may be missing in the count
	v.sockets.Go(func() {
		buf := make([]byte, 64<<10)
		for {
			n, _, err := c.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			v.came.Add(int64(n))
		}
	})
	context.AfterFunc(ctx, func() { c.Close() })
	return c, nil
}

// write sends the server a datagram in the victim's name.
func (v *victim) write(a *attack, c *net.UDPConn, d []byte) {
	a.write(c, d)
	v.sent.Add(int64(len(d)))
}

// ratio is how many bytes the server sends to the host for each that comes from there.
func (v *victim) ratio() float64 {
	if v.sent.Load() == 0 {
		return 0
	}
	return float64(v.came.Load()) / float64(v.sent.Load())
}

func (v *victim) String() string {
	return fmt.Sprintf("%s: %d bytes in its name, %d to it: %.2f", v.what, v.sent.Load(), v.came.Load(), v.ratio())
}
