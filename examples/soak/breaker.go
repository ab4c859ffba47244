package main

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// breaker is a client that logs in by the rules and breaks them afterwards, in every state that it gets into.
type breaker struct {
	a    *attack
	rng  *rand.Rand
	conn *net.UDPConn
	link *link.Link
	buf  []byte
	past [][]byte // its latest datagrams
	room uint32   // the latest that anybody opened
	own  uint32   // the latest that it opened itself
	name string
	deaf bool // it answers no 05

	connection wire.ConnectionType // 0 is a random one
}

func newBreaker(a *attack, rng *rand.Rand) *breaker {
	conn, err := socket(rng)
	if err != nil {
		return nil
	}
	return &breaker{a: a, rng: rng, conn: conn, link: link.New(link.Config{}, time.Now()), buf: make([]byte, 64<<10)}
}

// ruleBreaker is one breaker after the other; most quit in the end, some vanish.
func (a *attack) ruleBreaker(ctx context.Context, rng *rand.Rand) {
	for ctx.Err() == nil {
		b := newBreaker(a, rng)
		if b == nil {
			return
		}
		b.login(ctx)
		until := time.Now().Add(time.Duration(2+rng.IntN(8)) * time.Second)
		a.paced(ctx, 100, func() bool {
			b.misbehave()
			b.read()
			return time.Now().Before(until)
		})
		if rng.IntN(10) > 0 {
			b.quit()
		} else {
			b.conn.Close()
		}
	}
}

// login goes through the rounds of a login, for half a second at most.
func (b *breaker) login(ctx context.Context) {
	b.name = randomName(b.rng)
	connection := b.connection
	if connection == 0 {
		connection = wire.ConnectionType(1 + b.rng.IntN(6))
	}
	b.send(wire.TypeLogin, wire.LoginRequest{User: b.name, Emulator: "soak", Connection: connection}.AppendTo(nil))
	for until := time.Now().Add(500 * time.Millisecond); time.Now().Before(until) && ctx.Err() == nil; {
		pause(ctx, 5*time.Millisecond)
		b.read()
	}
}

func (b *breaker) quit() {
	b.send(wire.TypeUserQuit, wire.QuitRequest{Message: "enough"}.AppendTo(nil))
	b.conn.Close()
}

// read takes what is there and answers every 05.
func (b *breaker) read() {
	for {
		b.conn.SetReadDeadline(time.Now().Add(100 * time.Microsecond))
		n, _, err := b.conn.ReadFromUDPAddrPort(b.buf)
		if err != nil {
			break
		}
		if b.link.Receive(time.Now(), b.buf[:n]) != nil {
			continue
		}
		for {
			m, ok := b.link.NextMessage()
			if !ok {
				break
			}
			switch m.Type {
			case wire.TypeServerAck:
				if !b.deaf {
					b.link.Send(time.Now(), wire.TypeClientAck, wire.ClientAck{}.AppendTo(nil))
				}
			case wire.TypeCreateGame:
				if c, err := wire.ParseGameCreated(m.Body); err == nil {
					b.room = c.GameID
					if c.User == b.name {
						b.own = c.GameID
					}
				}
			}
		}
	}
	b.flush()
}

func (b *breaker) send(t wire.Type, body []byte) {
	b.link.Send(time.Now(), t, body)
	b.flush()
}

func (b *breaker) flush() {
	for {
		d := b.link.NextDatagram(time.Now(), nil)
		if len(d) == 0 {
			return
		}
		b.keep(d)
		b.a.write(b.conn, d)
	}
}

func (b *breaker) keep(d []byte) {
	if len(b.past) < 64 {
		b.past = append(b.past, nil)
	}
	b.past[b.rng.IntN(len(b.past))] = bytes.Clone(d)
}

// misbehave does one thing, allowed or not.
func (b *breaker) misbehave() {
	rng := b.rng
	next := uint16(b.link.Stats().MessagesSent)
	t, body := b.message()
	switch rng.IntN(10) {
	case 0, 1, 2, 3, 4:
		b.send(t, body)
	case 5:
		b.send(t, mutated(rng, body))
	case 6:
		b.a.write(b.conn, mutated(rng, one(next, t, body)))
	case 7:
		b.a.write(b.conn, one(uint16(rng.Uint32()), t, body))
	case 8:
		if len(b.past) > 0 {
			b.a.write(b.conn, b.past[rng.IntN(len(b.past))])
		}
	case 9:
		b.a.write(b.conn, randomBytes(rng, rng.IntN(1400)))
	}
}

func (b *breaker) message() (wire.Type, []byte) {
	rng := b.rng
	switch rng.IntN(16) {
	case 0:
		return wire.TypeCreateGame, wire.CreateRequest{Game: randomName(rng)}.AppendTo(nil)
	case 1, 2:
		return wire.TypeJoinGame, wire.JoinRequest{GameID: b.room - uint32(rng.IntN(3)),
			Connection: wire.LAN}.AppendTo(nil)
	case 3:
		return wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil)
	case 4:
		return wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil)
	case 5, 6, 7:
		return wire.TypeGameData, wire.AppendGameData(nil, randomBytes(rng, 12))
	case 8:
		return wire.TypeGameCache, wire.AppendGameCache(nil, byte(rng.IntN(4)))
	case 9:
		return wire.TypeDropGame, wire.DropRequest{}.AppendTo(nil)
	case 10:
		return wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil)
	case 11:
		return wire.TypeKick, wire.KickRequest{UserID: uint16(rng.IntN(50))}.AppendTo(nil)
	case 12:
		return wire.TypeGlobalChat, wire.ChatRequest{Text: string(randomBytes(rng, rng.IntN(200)))}.AppendTo(nil)
	case 13:
		return wire.TypeGameChat, wire.ChatRequest{Text: string(randomBytes(rng, rng.IntN(400)))}.AppendTo(nil)
	case 14:
		return wire.TypeLogin, wire.LoginRequest{User: randomName(rng), Emulator: "soak",
			Connection: wire.LAN}.AppendTo(nil)
	default:
		return wire.Type(rng.IntN(256)), randomBytes(rng, rng.IntN(100))
	}
}
