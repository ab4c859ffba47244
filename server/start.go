package server

import (
	"log/slog"
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// start begins the netsync of the owner's game.
func (s *session) start(now time.Time) {
	r := s.room
	switch {
	case r.owner != s:
		s.deny(now, "Only the owner of the room may start the game")
		return
	case r.running():
		s.deny(now, "The game has started already")
		return
	case wire.IsChatRoom(r.game):
		s.deny(now, "A room whose name begins with * is for chat, no game starts in it")
		return
	case !s.starts.allow(now, s.server.cfg.Flood.Start):
		s.server.countRefused(RefusedStart)
		s.deny(now, "You start games too fast, wait a moment")
		return
	}
	delays, err := r.frameDelays()
	if err != nil {
		s.deny(now, "The game cannot start: "+err.Error())
		return
	}
	config := lockstep.MixerConfig{FrameDelays: delays, Padding: r.server.cfg.Padding == PaddingOn, Numbering: r.server.cfg.Numbering, SentBytes: sentBytes}
	for _, m := range r.members {
		config.Connections = append(config.Connections, m.connection.Frames())
	}
	if r.mayComeBack() {
		config.Spare = catchUpFrames
	}
	mixer, err := lockstep.NewMixer(config)
	if err != nil { // the logins have checked all of it
		r.server.cfg.Logger.Error("game cannot start", slog.Any("error", err))
		s.deny(now, "The game cannot start: "+err.Error())
		return
	}
	r.release()
	r.mixer, r.state, r.frames = mixer, wire.GameNetsync, 0
	r.stalls = [maxPlayers]stallRecord{}
	if config.Spare > 0 {
		r.history = &lockstep.History{Max: historyBytes}
	}
	r.players = append(r.players[:0], r.members...)
	r.announce(now)
	for i, p := range r.players {
		p.state, p.player, p.ready, p.waits = stateNetsync, i, false, false
		p.setPhase(now, link.Netsync)
		p.started = p.send(now, wire.TypeStartGame, wire.GameStarted{
			FrameDelay: uint16(config.FrameDelays[i]), Player: uint8(i + 1), Players: uint8(len(r.players)),
		})
	}
	r.since = now
	r.schedule(now)
	r.server.pulse.begin(now)
	r.server.cfg.Logger.Info("game started", slog.Uint64("room", uint64(r.id)), slog.Int("players", len(r.players)),
		slog.Any("connections", config.Connections), slog.Any("delays", config.FrameDelays), slog.Bool("padding", config.Padding))
}

// beginWhenReady begins play once everyone who is still in the game is ready.
func (r *room) beginWhenReady(now time.Time) {
	if r.state != wire.GameNetsync {
		return
	}
	for _, p := range r.players {
		if p != nil && !p.ready {
			return
		}
	}
	r.state = wire.GamePlaying
	r.since = now
	r.announce(now)
	for _, p := range r.players {
		if p != nil {
			p.state = statePlaying
			p.send(now, wire.TypeReady, wire.Ready{})
		}
	}
	r.schedule(now)
	r.server.cfg.Logger.Info("game begins", slog.Uint64("room", uint64(r.id)))
}

// drop takes a player out of the game; it stays in the room.
func (s *session) drop(now time.Time) {
	r := s.room
	r.mixer.Drop(s.player)
	r.players[s.player] = nil
	number := uint8(s.player + 1)
	s.out(now)
	if size := r.mixer.Size(); size > 0 {
		r.reserve(size) // one less needs less
	}
	if !r.anyPlayer() {
		r.endGame(now)
	}
	r.announce(now)
	r.broadcast(now, wire.TypeDropGame, wire.PlayerDropped{User: s.user, Player: number})
	r.server.cfg.Logger.Info("dropped", append(s.attrs(), slog.Uint64("room", uint64(r.id)), slog.Int("player", int(number)))...)
	switch {
	case r.state == wire.GameNetsync:
		r.beginWhenReady(now)
	case r.state == wire.GamePlaying:
		r.relay(now) // the others may have waited for this one only
	case r.owner == nil && len(r.members) > 0:
		r.close(now, nil)
	}
}

// out puts a session that no longer plays back into its room.
func (s *session) out(now time.Time) {
	s.state = stateRoom
	s.player = -1
	s.listens(now)
	s.setPhase(now, link.Lobby)
	s.asks.news(now)
}

func (r *room) anyPlayer() bool {
	for _, p := range r.players {
		if p != nil {
			return true
		}
	}
	return false
}

// endGame makes the room a waiting one.
func (r *room) endGame(now time.Time) {
	for i, p := range r.players {
		if p != nil {
			r.players[i] = nil
			p.out(now)
		}
	}
	r.players = r.players[:0]
	r.release()
	r.state = wire.GameWaiting
	r.server.timers.remove(&r.timer)
}
