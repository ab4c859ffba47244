package peers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kbridge/kclient/wire"
)

func (e *emulinker) handleRoom(u *elUser, m *Message) error {
	if !u.loggedIn {
		return nil // what arrived after a goodbye: to K that is somebody new
	}
	switch m.Type {
	case wire.TypeGameChat:
		c, err := wire.ParseChatRequest(m.Body)
		if err != nil || u.room == nil {
			return err
		}
		if strings.HasPrefix(c.Text, "/") {
			e.roomCommand(u, u.room, c.Text)
			return nil
		}
		e.toRoom(u.room, func(to *elUser) { e.send(to, wire.TypeGameChat, wire.Chat{User: u.name, Text: c.Text}) })
	case wire.TypeQuitGame:
		if _, err := wire.ParseLeaveRequest(m.Body); err != nil {
			return err
		}
		e.quitGame(u)
		if e.o.SF {
			e.pause(leavePause, false)
		}
	case wire.TypeKick:
		k, err := wire.ParseKickRequest(m.Body)
		if err != nil {
			return err
		}
		e.kick(u, k.UserID)
	case wire.TypeStartGame:
		if _, err := wire.ParseStartRequest(m.Body); err != nil {
			return err
		}
		why := "you are not in a game"
		if u.room != nil {
			why = e.startGame(u, u.room)
		}
		if why != "" {
			e.line(u, "Error", why)
		}
	case wire.TypeReady:
		if _, err := wire.ParseReadyRequest(m.Body); err != nil {
			return err
		}
		e.ready(u)
	case wire.TypeDropGame:
		if _, err := wire.ParseDropRequest(m.Body); err != nil {
			return err
		}
		if u.status == wire.UserPlaying {
			u.status = wire.UserIdle
			if u.room != nil {
				e.dropGame(u, u.room)
			}
		}
	case wire.TypeGameData:
		payload, err := wire.ParseGameData(m.Body)
		if err != nil {
			return err
		}
		u.inCache.Add(payload)
		return e.gameData(u, slices.Clone(payload))
	case wire.TypeGameCache:
		pos, err := wire.ParseGameCache(m.Body)
		if err != nil {
			return err
		}
		payload, ok := u.inCache.At(pos)
		if !ok {
			e.line(u, "Error", "Game Data Error!  Game state will be inconsistent!")
			return fmt.Errorf("cache position %d was never filled", pos)
		}
		return e.gameData(u, slices.Clone(payload))
	}
	return nil
}

// startGame returns why it did not, if that is said: to the asker from "Error", and mixed types before that to all from
// "Server". Nobody is told that a room named "*" does not start.
func (e *emulinker) startGame(u *elUser, r *elRoom) (refused string) {
	switch {
	case r.owner != u && !e.o.Admins:
		return "Only the owner may start the game"
	case r.status != wire.GameWaiting:
		return "Start game error: the game is running"
	case strings.HasPrefix(r.name, "*"):
		return ""
	}
	for _, p := range r.players {
		if p.connection != r.owner.connection {
			e.announce(r, "To prevent desynch, all players must use the same connection type as the game owner!", nil)
			return "All players must use the same connection type!"
		}
		if p.emulator != r.owner.emulator {
			e.announce(r, "To prevent desynch, all players must use the same emulator as the game owner!", nil)
			return "All players must use the same emulator!"
		}
	}
	e.setStatus(r, elSynchronizing)
	if len(e.users) > 60 {
		r.p2p = true
	}
	r.highest, r.waiting, r.queues = 1, false, nil
	for i, p := range r.players {
		p.player, p.batches = i+1, 0
		r.queues = append(r.queues, &actionQueue{heads: make([]int, len(r.players))})
		p.delay = int(60/float64(p.connection)*p.ping.Seconds() + 1)
		r.highest = max(r.highest, p.delay)
		if r.p2p {
			p.p2p = true
			e.announce(r, "This game is ignoring ALL server activity during gameplay!", p)
		}
	}
	e.toRoom(r, func(p *elUser) {
		p.tempDelay = r.highest - p.delay
		d := p.delay
		if r.sameDelay {
			d = r.highest
		}
		number := slices.Index(r.players, p) + 1
		e.send(p, wire.TypeStartGame, wire.GameStarted{FrameDelay: uint16(d), Player: uint8(number),
			Players: uint8(len(r.players))})
		p.status = wire.UserPlaying
	})
	return ""
}

// ready: when all are, S 0E (playing) to all, S 15 to each, and what delay everybody has.
func (e *emulinker) ready(u *elUser) {
	r := u.room
	if r == nil || u.player < 1 || u.player > len(r.queues) || r.queues[u.player-1].synced ||
		r.status != elSynchronizing {
		return
	}
	// The number of batches that are answered with zeros. With /samedelay everybody's delay is the highest, but
	// this is counted from the own one all the same: machines apart.
	u.totalDelay = r.highest + u.tempDelay + 5
	r.queues[u.player-1].restart()
	if r.synchedCount() < len(r.players) {
		return
	}
	e.setStatus(r, elPlaying)
	r.synched = true
	e.toRoom(r, func(p *elUser) {
		p.resetCaches()
		e.send(p, wire.TypeReady, wire.Ready{})
	})
	if r.sameDelay {
		e.announce(r, fmt.Sprintf("This game's delay is: %d", r.highest), nil)
		return
	}
	for i, p := range r.players {
		e.announce(r, fmt.Sprintf("P%d Delay = %d", i+1, p.delay), nil)
	}
}

func (r *elRoom) synchedCount() (n int) {
	for _, q := range r.queues {
		if q.synced {
			n++
		}
	}
	return n
}

// unsync is the end of a game for everybody.
func (e *emulinker) unsync(r *elRoom) {
	if !r.synched {
		return
	}
	r.synched = false
	for _, q := range r.queues {
		q.synced = false
	}
	e.notify()
}

// dropGame: S 0E when nobody plays any more, S 14 to the room. SF ends the game for everybody when only one is left.
func (e *emulinker) dropGame(u *elUser, r *elRoom) {
	if r.queues == nil {
		return
	}
	number := u.player
	if number >= 1 && number <= len(r.queues) {
		r.queues[number-1].synced = false
		e.notify()
	}
	if e.o.SF && r.synchedCount() < 2 {
		e.unsync(r)
	}
	if !slices.ContainsFunc(r.players, func(p *elUser) bool { return p.status == wire.UserPlaying }) {
		if r.startN > 0 {
			r.startN = 0
			e.announce(r, "StartN is now off.", nil)
		}
		e.setStatus(r, wire.GameWaiting)
	}
	dropped := wire.PlayerDropped{User: u.name, Player: uint8(number)}
	e.toRoom(r, func(to *elUser) { e.send(to, wire.TypeDropGame, dropped) })
	if u.p2p {
		e.announce(r, "Rejoin server to update client of ignored server activity!", u)
	}
	if !e.o.SF && r.waiting {
		e.maybeSend(r, u)
	}
}

// droppedPacket: a hole in a player's messages. Zeros stand for that player from then on, whatever it sends, while it
// hears of the game as before; when only one is left, the game is over for everybody: EmuLinker-K then says
// nothing more, EmuLinkerSF gives everybody the own input back, for half a minute.
func (e *emulinker) droppedPacket(u *elUser) {
	r := u.room
	if r == nil || !r.synched || u.player < 1 || u.player > len(r.queues) || !r.queues[u.player-1].synced {
		return
	}
	e.desynchronise(r, u, u.name+" desynched: dropped packet")
}

func (e *emulinker) desynchronise(r *elRoom, u *elUser, why string) {
	e.lost = append(e.lost, u.name)
	r.queues[u.player-1].synced = false
	e.toRoom(r, func(to *elUser) { e.line(to, "Desynch Detected", why) })
	if r.synchedCount() < 2 {
		e.unsync(r)
	}
	e.notify()
}

// failed is what SF answers game data with that it can do nothing with: itself, for half a minute.
func (e *emulinker) failed(u *elUser, data []byte, actions, player, players int) {
	if u.failing.IsZero() {
		u.failing = time.Now()
	} else if time.Since(u.failing) > 30*time.Second {
		return
	}
	// It is cut into as many parts as were meant to be actions, and the first of them stands for all.
	part := len(data) / actions
	response := make([]byte, players*actions*part)
	for a := range actions {
		copy(response[a*players*part+(player-1)*part:], data[:part])
	}
	e.sendBody(u, wire.TypeGameData, wire.AppendGameData(nil, response)) // past the cache
}
