package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// attack is everything that is thrown at the server.
type attack struct {
	addr netip.AddrPort
	rate float64
	seed uint64
	sent atomic.Int64 // datagrams

	mu      sync.Mutex
	victims []*victim
}

func newAttack(addr string, o options) (*attack, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	return &attack{addr: to, rate: o.rate, seed: o.seed << 16}, nil
}

// tick is how often an attacker acts; what it does then is in proportion to its rate.
const tick = 10 * time.Millisecond

// begin starts all attackers; they end with the context.
func (a *attack) begin(ctx context.Context, working *sync.WaitGroup) {
	if a.rate == 0 {
		return
	}
	start := func(f func(ctx context.Context, rng *rand.Rand)) {
		a.seed++
		rng := rand.New(rand.NewPCG(a.seed, 0))
		working.Go(func() { f(ctx, rng) })
	}
	start(a.noise)
	start(a.manyPorts)
	start(a.replay)
	start(a.chatFlood)
	for range 8 {
		start(a.ruleBreaker)
	}
	for range 8 {
		start(a.cycler)
	}
	start(a.comebacks)
	start(a.relogins)
	start(a.forgedMoves)
	start(a.blindLogins)
	start(a.blindCycles)
	start(a.hoarders)
	start(a.loginFlood)
}

// paced calls f perSecond times a second until the context ends or f returns false.
func (a *attack) paced(ctx context.Context, perSecond float64, f func() bool) {
	t := time.NewTicker(tick)
	defer t.Stop()
	due := 0.0
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		for due += perSecond * a.rate * tick.Seconds(); due >= 1; due-- {
			if !f() {
				return
			}
		}
	}
}

func (a *attack) write(c *net.UDPConn, d []byte) {
	if _, err := c.WriteToUDPAddrPort(d, a.addr); err == nil {
		a.sent.Add(1)
	}
}

// socket is a fresh one; on Linux of a random address of loopback, so that the floods come from as many hosts.
func socket(rng *rand.Rand) (*net.UDPConn, error) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, byte(rng.IntN(256)), byte(rng.IntN(256)),
		byte(1+rng.IntN(254)))})
	if err != nil {
		c, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	}
	return c, err
}

// withSocket gives f a fresh socket, if there is one.
func withSocket(rng *rand.Rand, f func(c *net.UDPConn)) {
	if c, err := socket(rng); err == nil {
		defer c.Close()
		f(c)
	}
}

// noise sends what is no protocol at all, and what nearly is, from nobody in particular.
func (a *attack) noise(ctx context.Context, rng *rand.Rand) {
	a.paced(ctx, 20, func() bool {
		withSocket(rng, func(c *net.UDPConn) {
			a.write(c, wire.AppendHello(nil))
			for range 9 {
				switch rng.IntN(3) {
				case 0:
					a.write(c, randomBytes(rng, rng.IntN(1500)))
				case 1:
					a.write(c, mutated(rng, loginDatagram(randomName(rng))))
				case 2:
					a.write(c, mutated(rng, wire.AppendHello(nil)))
				}
			}
		})
		return true
	})
}

// manyPorts begins logins from a new source port, and mostly a new address, each time, and never goes on.
func (a *attack) manyPorts(ctx context.Context, rng *rand.Rand) {
	a.paced(ctx, 300, func() bool {
		withSocket(rng, func(c *net.UDPConn) {
			a.write(c, loginDatagram(randomName(rng)))
			if rng.IntN(2) == 0 {
				a.write(c, one(1, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil)))
			}
		})
		return true
	})
}

// replay sends a real login's datagrams again and again, a thousand a second.
func (a *attack) replay(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		b := newBreaker(a, rng)
		if b == nil {
			return
		}
		until := time.Now().Add(10 * time.Second)
		b.login(ctx)
		a.paced(ctx, 1000, func() bool {
			if len(b.past) > 0 {
				a.write(b.conn, b.past[rng.IntN(len(b.past))])
			}
			b.read()
			return time.Now().Before(until)
		})
		b.quit()
	}
}

// chatFlood is a user who talks without end, in a client as good as any.
func (a *attack) chatFlood(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		lobby, err := kclient.Dial(ctx, a.addr.String(), kclient.Config{User: randomName(rng), Emulator: "flood"})
		if err != nil {
			pause(ctx, time.Second)
			continue
		}
		until := time.Now().Add(20 * time.Second)
		a.paced(ctx, 200, func() bool {
			a.sent.Add(1)
			return lobby.Chat(fmt.Sprint("buy now ", rng.IntN(1000))) == nil && time.Now().Before(until)
		})
		lobby.Quit("bought")
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

func randomBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func randomName(rng *rand.Rand) string { return fmt.Sprintf("evil %08x", rng.Uint32()) }

// mutated changes, cuts or lengthens a few places.
func mutated(rng *rand.Rand, d []byte) []byte {
	d = append([]byte(nil), d...)
	for range 1 + rng.IntN(4) {
		switch rng.IntN(5) {
		case 0, 1, 2:
			if len(d) > 0 {
				d[rng.IntN(len(d))] ^= byte(1 + rng.IntN(255))
			}
		case 3:
			d = d[:rng.IntN(len(d)+1)]
		case 4:
			d = append(d, randomBytes(rng, rng.IntN(64))...)
		}
	}
	return d
}

// one is a bundle of one message.
func one(seq uint16, t wire.Type, body []byte) []byte {
	return wire.AppendMessage(wire.AppendBundleHeader(nil, 1), seq, t, body)
}

func loginDatagram(user string) []byte {
	return one(0, wire.TypeLogin, wire.LoginRequest{User: user, Emulator: "soak", Connection: wire.LAN}.AppendTo(nil))
}
