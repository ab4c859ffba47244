package main

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient/netsim"
)

// relay stands between one client and the server, on a port of its own, and does to real
// datagrams what netsim's function of seed, direction and millisecond says.
type relay struct {
	front, back *net.UDPConn // towards the client, towards the server
	server      netip.AddrPort
	client      atomic.Pointer[netip.AddrPort]
	up, down    netsim.Path
	begun       time.Time
	done        sync.WaitGroup

	datagrams, bytes atomic.Int64 // that came in, both ways
}

func newRelay(server netip.AddrPort, seed uint64, player int, p netsim.Profile) (*relay, error) {
	loopback := net.UDPAddrFromAddrPort(netip.AddrPortFrom(server.Addr(), 0))
	front, err := net.ListenUDP("udp4", loopback)
	if err != nil {
		return nil, fmt.Errorf("the relay cannot listen: %w", err)
	}
	back, err := net.ListenUDP("udp4", loopback)
	if err != nil {
		front.Close()
		return nil, fmt.Errorf("the relay cannot listen: %w", err)
	}
	s, c := netip.AddrFrom4([4]byte{10, 0, 0, 1}), netip.AddrFrom4([4]byte{10, 0, 1, byte(player)}) // as in the lab
	r := &relay{front: front, back: back, server: server, begun: time.Now(),
		up: netsim.NewPath(seed, c, s, p), down: netsim.NewPath(seed, s, c, p)}
	r.done.Go(func() {
		r.forward(r.front, func(b []byte, from netip.AddrPort) {
			r.client.Store(&from)
			r.later(b, &r.up, func(b []byte) { r.back.WriteToUDPAddrPort(b, r.server) })
		})
	})
	r.done.Go(func() {
		r.forward(r.back, func(b []byte, _ netip.AddrPort) {
			to := r.client.Load()
			if to == nil {
				return
			}
			if bytes.HasPrefix(b, []byte("HELLOD00D")) { // the session goes on here, too
				b = fmt.Appendf(nil, "HELLOD00D%d\x00", r.addr().Port())
			}
			r.later(b, &r.down, func(b []byte) { r.front.WriteToUDPAddrPort(b, *to) })
		})
	})
	return r, nil
}

func (r *relay) addr() netip.AddrPort {
	a := r.front.LocalAddr().(*net.UDPAddr).AddrPort()
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

func (r *relay) close() {
	r.front.Close()
	r.back.Close()
	r.done.Wait()
}

func (r *relay) forward(from *net.UDPConn, each func([]byte, netip.AddrPort)) {
	buf := make([]byte, 65_535)
	for {
		n, addr, err := from.ReadFromUDPAddrPort(buf)
		if err != nil {
			return // closed
		}
		r.datagrams.Add(1)
		r.bytes.Add(int64(n))
		each(bytes.Clone(buf[:n]), addr)
	}
}

// later delivers a datagram when its time has come, or never.
func (r *relay) later(b []byte, p *netsim.Path, deliver func([]byte)) {
	content := uint64(len(b))
	for _, c := range b[:min(len(b), 3)] {
		content = content<<8 | uint64(c)
	}
	f := p.Fate(time.Since(r.begun), content)
	if f.Lost {
		return
	}
	time.AfterFunc(f.Delay, func() { deliver(b) })
	if f.Copied {
		time.AfterFunc(f.CopyDelay, func() { deliver(b) })
	}
}
