package server

import (
	"log/slog"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/link"
	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
	"kbridge/server/limits"
)

// start begins the netsync of the owner's game.
func (s *session) start(now time.Time, _ wire.StartRequest) {
	if reason := s.begin(now); reason != "" {
		s.deny(now, reason)
	}
}

// startWhenFull starts the game when as many are there as its owner has said with /startn.
func (r *room) startWhenFull(now time.Time) {
	if r.startN == 0 || len(r.members) < r.startN || r.running() || r.owner == nil {
		return
	}
	if reason := r.owner.begin(now); reason != "" {
		r.owner.warn(now, reason)
	}
}

// begin is start. It returns why it cannot be; empty when the game has started.
func (s *session) begin(now time.Time) (reason string) {
	r := s.room
	switch {
	case r.owner != s:
		return "Only the owner of the room may start the game"
	case r.running():
		return "The game has started already"
	case wire.IsChatRoom(r.game):
		return "A room whose name begins with * is for chat, no game starts in it"
	case !s.starts.Allow(now, s.server.cfg.Flood.Start):
		s.server.countRefused(RefusedStart)
		return "You start games too fast, wait a moment"
	}
	delays, err := r.frameDelays()
	if err != nil {
		return "The game cannot start: " + err.Error()
	}
	config := lockstep.MixerConfig{FrameDelays: delays, Padding: r.server.cfg.Padding == PaddingOn,
		Numbering: r.server.cfg.Numbering, SentBytes: limits.SentBytes}
	for _, m := range r.members {
		config.Connections = append(config.Connections, m.connection.Frames())
	}
	if r.mayRejoin() {
		config.Spare = limits.RejoinFrames
	}
	mixer, err := lockstep.NewMixer(config)
	if err != nil { // the logins have checked all of it
		r.server.cfg.Logger.Error("game cannot start", slog.Any("error", err))
		return "The game cannot start: " + err.Error()
	}
	r.release()
	r.mixer, r.state, r.frames, r.startN = mixer, wire.GameNetsync, 0, 0
	r.stalls = [limits.MaxPlayers]stallRecord{}
	if config.Spare > 0 {
		r.history = &history.Record{Max: limits.HistoryBytes}
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
		slog.Any("connections", config.Connections), slog.Any("delays", config.FrameDelays),
		slog.Bool("padding", config.Padding))
	return ""
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
	r.lag.begin(now, r.players, r.mixer.FrameDelay)
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
	r.server.cfg.Logger.Info("dropped", append(s.attrs(), slog.Uint64("room", uint64(r.id)),
		slog.Int("player", int(number)))...)
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
	r.lag.end(now)
	r.release()
	r.state = wire.GameWaiting
	r.server.timers.Remove(&r.timer)
}
