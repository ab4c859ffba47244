package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"
)

// line is how bad the way between a MAME and the server is, each way.
type line struct {
	loss  float64 // 0 to 1
	delay time.Duration
}

func (l line) String() string {
	return fmt.Sprintf("%.4g %% of datagrams lost and %v each way", l.loss*100, l.delay)
}

// newRelay stands between one MAME and the server and returns the address that the MAME is told. The server answers
// HELLO with the port where the session goes on; it must be the one that it listens on, and the answer names the relay's instead.
func newRelay(server netip.AddrPort, l line, seed uint64) (address netip.AddrPort, stop func(), err error) {
	front, err := net.ListenUDP("udp4", loopback())
	if err != nil {
		return address, nil, err
	}
	back, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		front.Close()
		return address, nil, err
	}
	address = front.LocalAddr().(*net.UDPAddr).AddrPort()
	var mu sync.Mutex
	var client netip.AddrPort // the MAME, as last seen
	var done sync.WaitGroup
	done.Go(func() {
		later := newChannel(l, seed)
		buf := make([]byte, 65_535)
		for {
			n, from, err := front.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			mu.Lock()
			client = from
			mu.Unlock()
			later(bytes.Clone(buf[:n]), func(datagram []byte) { back.Write(datagram) })
		}
	})
	done.Go(func() {
		later := newChannel(l, seed+1)
		moved := fmt.Appendf(nil, "HELLOD00D%d\x00", address.Port())
		buf := make([]byte, 65_535)
		for {
			n, err := back.Read(buf)
			if err != nil {
				return
			}
			datagram := bytes.Clone(buf[:n])
			if bytes.HasPrefix(datagram, []byte("HELLOD00D")) {
				datagram = moved
			}
			mu.Lock()
			to := client
			mu.Unlock()
			later(datagram, func(datagram []byte) { front.WriteToUDPAddrPort(datagram, to) })
		}
	})
	return address, func() {
		front.Close()
		back.Close()
		done.Wait()
	}, nil
}

// newChannel is one way of a line: what it makes delivers a datagram later, or never. The same seed loses the same
// datagrams, counted from the first.
func newChannel(l line, seed uint64) func(datagram []byte, deliver func([]byte)) {
	random := rand.New(rand.NewPCG(seed, 0))
	return func(datagram []byte, deliver func([]byte)) {
		if random.Float64() >= l.loss {
			time.AfterFunc(l.delay, func() { deliver(datagram) })
		}
	}
}

func loopback() *net.UDPAddr {
	return net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0"))
}
