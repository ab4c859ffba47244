package deployed

import (
	"fmt"

	"kbridge/kclient/framecache"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

func (s *Server) handleGame(u *user, m *message) error {
	if u.room == nil {
		return nil
	}
	switch m.typ {
	case wire.TypeStartGame:
		if _, err := wire.ParseStartRequest(m.body); err != nil {
			return err
		}
		return s.start(u)
	case wire.TypeReady:
		if _, err := wire.ParseReadyRequest(m.body); err != nil {
			return err
		}
		s.ready(u)
	case wire.TypeDropGame:
		if _, err := wire.ParseDropRequest(m.body); err != nil {
			return err
		}
		s.drop(u)
	case wire.TypeGameData:
		payload, err := wire.ParseGameData(m.body)
		if err != nil || u.player < 0 {
			return err
		}
		u.inCache.Add(payload)
		return s.batch(u, payload)
	case wire.TypeGameCache:
		pos, err := wire.ParseGameCache(m.body)
		if err != nil || u.player < 0 {
			return err
		}
		payload, ok := u.inCache.At(pos)
		if !ok {
			return fmt.Errorf("cache position %d was never filled", pos)
		}
		return s.batch(u, payload)
	}
	return nil
}

// start: S 0E (netsync) to all, S 11 to each with its own number. EmuLinker refuses to start
// with mixed connection types or emulators: S 08 from "Error" or "Server".
func (s *Server) start(u *user) error {
	r := u.room
	if r.owner != u || r.state != wire.GameWaiting {
		return nil
	}
	config := lockstep.MixerConfig{Padding: s.rules.padding}
	delay := 0
	for _, m := range r.members {
		if s.rules.sameType && (m.connection != u.connection || m.emulator != u.emulator) {
			s.toRoom(r, wire.TypeGameChat, wire.Chat{User: "Error", Text: "Game cannot be started: mixed connection types or emulators"})
			return nil
		}
		config.Connections = append(config.Connections, m.connection.Frames())
		delay = max(delay, lockstep.FrameDelay(m.connection.Frames(), m.ping))
	}
	var told []int
	for i := range r.members {
		d := delay // EmuLinker: the slowest one's for everybody
		if !s.rules.sameType {
			d = lockstep.FrameDelay(config.Connections[i], r.members[i].ping)
		}
		told = append(told, d)
		// These servers line nothing up: with the same D for all the mixer has no leading zeros to give.
		config.FrameDelays = append(config.FrameDelays, 60/config.Connections[i]-1)
	}
	mixer, err := lockstep.NewMixer(config)
	if err != nil {
		return err
	}
	r.mixer, r.state, r.players, r.zeros = mixer, wire.GameNetsync, append([]*user(nil), r.members...), 0
	if s.rules.ownFrames {
		r.zeros = delay
	}
	s.announce(r)
	for i, m := range r.players {
		m.player, m.ready, m.desynced, m.batches, m.shifted = i, false, false, 0, nil
		m.inCache, m.outCache = framecache.New(framecache.Window), framecache.New(framecache.Window)
		s.send(m, wire.TypeStartGame, wire.GameStarted{FrameDelay: uint16(told[i]), Player: uint8(i + 1), Players: uint8(len(r.players))})
	}
	return nil
}

// ready: when all are, S 0E (playing) to all, S 15 to each. direlera-rs sends S 15 at the first
// C 15.
func (s *Server) ready(u *user) {
	r := u.room
	if r.state != wire.GameNetsync || u.player < 0 {
		return
	}
	u.ready = true
	for _, p := range r.players {
		if p != nil && !p.ready && !s.rules.firstReady {
			return
		}
	}
	r.state = wire.GamePlaying
	s.announce(r)
	for _, p := range r.players {
		if p != nil {
			s.send(p, wire.TypeReady, wire.Ready{})
		}
	}
}

// batch takes a player's next batch. EmuLinker answers a client's first batches with zeros of its
// own and shifts the rest.
func (s *Server) batch(u *user, payload []byte) error {
	r := u.room
	if u.desynced || len(payload) == 0 || len(payload)%u.connection.Frames() != 0 {
		return nil
	}
	u.batches++
	if r.zeros > 0 {
		u.shifted = append(u.shifted, append([]byte(nil), payload...))
		if u.batches <= r.zeros {
			s.give(u, make([]byte, len(payload)*len(r.players)))
			return nil
		}
		payload = u.shifted[0]
		u.shifted = u.shifted[1:]
	}
	if err := r.mixer.Input(u.player, payload); err != nil {
		s.drop(u)
		return err
	}
	s.relay(r)
	return nil
}

func (s *Server) relay(r *room) {
	for i, p := range r.players {
		if p == nil {
			continue
		}
		for {
			out, ok := r.mixer.Next(i)
			if !ok {
				break
			}
			s.give(p, out.Payload)
		}
	}
}

// give sends a player its next game message, through the cache of what that player has had.
func (s *Server) give(u *user, payload []byte) {
	if u.desynced {
		return
	}
	if pos, ok := u.outCache.Find(payload); ok {
		s.sendBody(u, wire.TypeGameCache, wire.AppendGameCache(nil, pos))
		return
	}
	u.outCache.Add(payload)
	s.sendBody(u, wire.TypeGameData, wire.AppendGameData(nil, payload))
}

// desynchronise: that player is out for good; zeros stand for it, and it gets nothing more.
func (s *Server) desynchronise(u *user) {
	s.lost = append(s.lost, u.name)
	if u.player < 0 || u.desynced {
		return
	}
	u.desynced = true
	r := u.room
	s.toRoom(r, wire.TypeGameChat, wire.Chat{User: s.rules.from, Text: u.name + " desynched: dropped packet"})
	r.mixer.Drop(u.player)
	s.relay(r)
}

// drop: S 0E, S 14 to the room. When nobody plays any more, the room waits again.
func (s *Server) drop(u *user) {
	r := u.room
	if u.player < 0 {
		return
	}
	player := u.player
	r.mixer.Drop(player)
	r.players[player] = nil
	u.player = -1
	playing := false
	for _, p := range r.players {
		playing = playing || p != nil
	}
	if !playing {
		r.state = wire.GameWaiting
	}
	s.announce(r)
	s.toRoom(r, wire.TypeDropGame, wire.PlayerDropped{User: u.name, Player: uint8(player + 1)})
	if playing {
		s.relay(r)
	}
}
