package lab

import (
	"encoding/binary"
	"errors"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

var (
	errDesync = errors.New("the players were given different frames")
	errStorm  = errors.New("too many datagrams in one instant")
)

// maxBurst is how many datagrams an end may send at one instant.
const maxBurst = 64

// say queues one game message, and now and then a line of chat.
func (g *game) say(s *side, out lockstep.GameData) {
	t := wire.TypeGameData
	if out.Cached {
		t = wire.TypeGameCache
		g.body = wire.AppendGameCache(g.body[:0], out.Position)
	} else {
		g.body = wire.AppendGameData(g.body[:0], out.Payload)
	}
	s.send(g.clock(), t, g.body, true)
	s.gameMessages++
	if s.gameMessages == s.nextChat {
		s.nextChat += chatEvery
		g.body = binary.LittleEndian.AppendUint32(g.body[:0], s.said)
		s.said++
		s.send(g.clock(), wire.TypeGameChat, g.body, false)
	}
}

// hear checks that a chat line is the next one.
func (g *game) hear(s *side, m wire.Message) {
	if n := binary.LittleEndian.Uint32(m.Body); n != s.heard {
		g.result.Lost++
		g.result.fail("%v: %v into it: chat line %d came, %d was next", g.cfg, g.now, n, s.heard)
	}
	s.heard++
}

// serve is a datagram of player p at the server.
func (g *game) serve(p int, datagram []byte) error {
	from := &g.players[p].server
	if err := from.receive(g.clock(), datagram); err != nil {
		return err
	}
	for {
		m, ok := from.message()
		if !ok {
			break
		}
		if m.Type == wire.TypeGameChat {
			g.hear(from, m)
			continue
		}
		payload, pos, cached, err := gameMessage(m)
		if err != nil {
			return err
		}
		if cached {
			err = g.mixer.InputCached(p, pos)
		} else {
			err = g.mixer.Input(p, payload)
		}
		if err != nil {
			g.lose(err)
			return nil
		}
		from.proveGame(g.clock(), g.mixer.ClientProven(p))
	}
	for i := range g.players {
		to := &g.players[i].server
		for {
			out, ok := g.mixer.Next(i)
			if !ok {
				break
			}
			g.say(to, out)
		}
		g.flush(i, false)
	}
	return nil
}

// take is a datagram of the server's at player p.
func (g *game) take(p int, datagram []byte) error {
	pl := &g.players[p]
	if err := pl.client.receive(g.clock(), datagram); err != nil {
		return err
	}
	for {
		m, ok := pl.client.message()
		if !ok {
			break
		}
		if m.Type == wire.TypeGameChat {
			g.hear(&pl.client, m)
			continue
		}
		payload, pos, cached, err := gameMessage(m)
		if err != nil {
			return err
		}
		if cached {
			err = pl.batcher.ReceiveCached(pos)
		} else {
			err = pl.batcher.Receive(payload)
		}
		if err != nil {
			g.lose(err)
			return nil
		}
		pl.client.proveGame(g.clock(), pl.batcher.ServerProven())
	}
	g.answer(p)
	g.flush(p, true)
	return nil
}

// flush sends what is due at one end of player p's session, and sets its timer.
func (g *game) flush(p int, client bool) {
	pl := &g.players[p]
	s, timer := &pl.server, serverTimer
	if client {
		s, timer = &pl.client, clientTimer
	}
	now := g.clock()
	for n := 0; ; n++ {
		g.buf = s.datagram(now, g.buf)
		if len(g.buf) == 0 {
			break
		}
		if n == maxBurst {
			g.lose(errStorm)
			return
		}
		g.transmit(p, client, g.buf)
	}
	if err := s.over(); err != nil {
		g.lose(err)
		return
	}
	at := s.next()
	if at.IsZero() {
		return
	}
	if d := max(at.Sub(epoch), g.now+1); d != s.armed {
		s.armed = d
		g.queue.push(event{at: d, kind: timer, player: int32(p), game: g.number})
	}
}

// transmit gives a datagram to the network.
func (g *game) transmit(p int, up bool, datagram []byte) {
	g.result.Datagrams++
	g.result.Bytes += len(datagram)
	pl := &g.players[p]
	e := event{kind: toClient, player: int32(p), game: g.number, address: pl.address}
	if up {
		e.kind, e.address = toServer, pl.line.address
	}
	f := pl.line.fate(g.now, up, datagram)
	if g.cfg.Trace != nil {
		g.trace("player %d %s: %d messages up to %d, %d bytes, lost=%v", p, map[bool]string{true: "sends",
			false: "is sent"}[up],
			datagram[0], binary.LittleEndian.Uint16(datagram[1:]), len(datagram), f.Lost)
	}
	if f.Lost {
		return
	}
	g.deliver(e, f.Delay, datagram)
	if f.Copied {
		g.deliver(e, f.CopyDelay, datagram)
	}
}

func (g *game) deliver(e event, after time.Duration, datagram []byte) {
	var b []byte
	if n := len(g.free); n > 0 {
		b, g.free = g.free[n-1], g.free[:n-1]
	}
	e.at, e.datagram = g.now+after, append(b[:0], datagram...)
	g.queue.push(e)
}
