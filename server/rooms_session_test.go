package server_test

import (
	"slices"
	"strings"
	"time"

	"kbridge/kclient/framecache"
	"kbridge/kclient/link"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

// take handles what the server says, as far as a rogue has use for it. Whatever it says must be well-formed.
func (r *rogue) take(now time.Time, m wire.Message) {
	var err error
	switch m.Type {
	case wire.TypeServerAck:
		err = r.answer(now, m.Body)
	case wire.TypeUserJoined:
		var u wire.UserJoined
		if u, err = wire.ParseUserJoined(m.Body); err == nil {
			if !r.in { // the first one is its own
				r.in, r.id = true, u.UserID
			}
			r.peers = append(r.peers, u.UserID)
		}
	case wire.TypeServerStatus:
		var s wire.ServerStatus
		s, err = wire.ParseServerStatus(m.Body)
		for _, g := range s.Games {
			r.learn(g.GameID, g.Name)
		}
		for _, u := range s.Users {
			r.peers = append(r.peers, u.UserID)
		}
	case wire.TypeCreateGame:
		var g wire.GameCreated
		if g, err = wire.ParseGameCreated(m.Body); err == nil {
			r.learn(g.GameID, g.Game)
		}
	case wire.TypeCloseGame:
		var g wire.GameClosed
		if g, err = wire.ParseGameClosed(m.Body); err == nil {
			r.rooms = slices.DeleteFunc(r.rooms, func(id uint32) bool { return id == g.GameID })
			if r.room == g.GameID {
				r.leftRoom(now)
			}
		}
	case wire.TypeJoinGame:
		var j wire.PlayerJoined
		if j, err = wire.ParsePlayerJoined(m.Body); err == nil && j.UserID == r.id {
			r.room = j.GameID
		}
	case wire.TypeQuitGame:
		var q wire.PlayerLeft
		if q, err = wire.ParsePlayerLeft(m.Body); err == nil && q.UserID == r.id {
			r.leftRoom(now)
		}
	case wire.TypeUserQuit:
		var q wire.UserQuit
		if q, err = wire.ParseUserQuit(m.Body); err == nil && q.UserID == r.id {
			r.in = false
			r.leftRoom(now)
		}
	case wire.TypeStartGame:
		if r.game, err = wire.ParseGameStarted(m.Body); err == nil {
			r.begin(now, netsync)
			if r.plays {
				r.link.Send(now, wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
			}
		}
	case wire.TypeReady:
		if r.stage == netsync {
			r.stage, r.next = playing, now
			r.link.SetPhase(now, link.Play)
		}
	case wire.TypeGameData:
		_, err = wire.ParseGameData(m.Body)
		r.received++
	case wire.TypeGameCache:
		_, err = wire.ParseGameCache(m.Body)
		r.received++
	case wire.TypeDropGame:
		var d wire.PlayerDropped
		if d, err = wire.ParsePlayerDropped(m.Body); err == nil && d.Player == r.game.Player && r.stage != outOfGame {
			r.begin(now, outOfGame)
		}
	case ext.TypeBehind:
		var b ext.Behind
		if b, err = ext.ParseBehind(m.Body); err == nil && !b.Loading {
			r.fallBehind(now, b)
		}
	}
	if err != nil {
		r.sc.t.Errorf("the server sent a malformed %v to %s: %x: %v", m.Type, r.name, m.Body, err)
	}
}

// answer answers a 05, and takes what it offers.
func (r *rogue) answer(now time.Time, body []byte) error {
	ask, err := wire.ParseServerAck(body)
	if err != nil || r.mute {
		return err
	}
	var answer wire.ClientAck
	if nonce, ok := ext.ParseNonce(ask.Extra); ok && r.ours {
		answer.Extra = ext.AppendNonce(nil, nonce)
	} else if t, ok := ext.ParseTicket(ask.Extra); ok && !r.in {
		if r.way != nil && !r.ticketed {
			answer.Extra = ext.AppendComeback(nil, *r.way, t)
		}
		r.ticket, r.ticketed = t, true
	}
	r.link.Send(now, wire.TypeClientAck, answer.AppendTo(nil))
	return nil
}

// learn remembers a room, unless its players are to be left in peace.
func (r *rogue) learn(id uint32, name string) {
	if !strings.HasPrefix(name, quietRoom) && !slices.Contains(r.rooms, id) {
		r.rooms = append(r.rooms, id)
	}
}

func (r *rogue) leftRoom(now time.Time) {
	r.room, r.owner = 0, false
	r.begin(now, outOfGame)
}

// begin enters a stage of a game, or leaves the game.
func (r *rogue) begin(now time.Time, stage rogueStage) {
	r.stage, r.behind, r.sent, r.received = stage, false, 0, 0
	r.cache = framecache.New(r.sc.cfg.Numbering)
	if stage == netsync {
		r.link.SetPhase(now, link.Netsync)
	} else {
		r.link.SetPhase(now, link.Lobby)
	}
}

// fallBehind asks for the frames that the game has gone on for.
func (r *rogue) fallBehind(now time.Time, b ext.Behind) {
	r.game = wire.GameStarted{FrameDelay: b.FrameDelay, Player: b.Player, Players: b.Players}
	if b.Size > 0 {
		r.size = int(b.Size)
	}
	r.room, r.behind, r.stage = b.GameID, true, playing
	r.link.SetPhase(now, link.Play)
	r.write(ext.HistoryRequest{ID: r.ticket.ID, Count: 1}.AppendTo(nil))
}

// history takes a part of the frames, or brings back what proves the new address. It asks for the next one, and at the
// end for its place in the game.
func (r *rogue) history(now time.Time, datagram []byte) {
	if id, nonce, ok := ext.ParseCall(datagram); ok && r.ticketed && id == r.ticket.ID {
		r.nonce = nonce
		r.moves++
		r.write(ext.AppendMove(nil, r.ticket, r.moves, nonce))
		return
	}
	h, ok := ext.ParseHistory(datagram)
	if !ok || !r.behind || !r.plays {
		return
	}
	end := h.Offset + uint32(len(h.Data))
	if end < h.Total {
		r.write(ext.HistoryRequest{ID: r.ticket.ID, Offset: end, Count: 1}.AppendTo(nil))
		return
	}
	r.begin(now, netsync)
	r.link.SetPhase(now, link.Play)
	r.stage, r.next = playing, now
	r.link.Send(now, ext.TypeCaughtUp, ext.CaughtUp{Frames: h.Frames, Calls: h.Frames}.AppendTo(nil))
}
