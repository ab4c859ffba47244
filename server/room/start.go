package room

import (
	"log/slog"
	"time"

	"kbridge/kclient/history"
	"kbridge/kclient/lockstep"
	"kbridge/server/door"
	"kbridge/server/limits"
	"kbridge/server/stats"
)

// SetStartN has the next game start when so many are in the room, now if they are; 0 is never.
func (r *Room) SetStartN(n int) { r.startN = n }

// StartWhenFull starts the game when as many are there as SetStartN says.
func (r *Room) StartWhenFull(now time.Time) {
	if r.startN == 0 || len(r.seats) < r.startN || r.Running() || r.owner == nil {
		return
	}
	if reason := r.owner.Start(now); reason != "" {
		r.owner.Notify(now, reason)
	}
}

// Start begins the netsync of the owner's game. It returns why it cannot be; empty when the game has started.
func (s *Seat) Start(now time.Time) (reason string) {
	r := s.room
	switch {
	case r.owner != s:
		return "Only the owner of the room may start the game"
	case r.Running():
		return "The game has started already"
	case r.ChatOnly:
		return "A room whose name begins with * is for chat, no game starts in it"
	case !s.rates.Starts.Allow(now, r.shared.Rules.Start):
		r.shared.Count.Refuse(stats.RefusedStart)
		return "You start games too fast, wait a moment"
	}
	delays, err := r.frameDelays()
	if err != nil {
		return "The game cannot start: " + err.Error()
	}
	rules := &r.shared.Rules
	config := lockstep.MixerConfig{FrameDelays: delays, Padding: rules.Padding, Numbering: rules.Numbering,
		SentBytes: limits.SentBytes}
	for _, m := range r.seats {
		config.Connections = append(config.Connections, m.Connection)
	}
	r.release()
	if r.keepsHistory() {
		config.Spare = limits.RejoinFrames
	}
	mixer, err := lockstep.NewMixer(config)
	if err != nil { // the logins have checked all of it
		r.release()
		r.shared.Logger.Error("game cannot start", slog.Any("error", err))
		return "The game cannot start: " + err.Error()
	}
	r.mixer, r.state, r.frames, r.startN = mixer, door.Netsync, 0, 0
	r.stalls = [limits.MaxPlayers]stallRecord{}
	r.players = append(r.players[:0], r.seats...)
	for i, p := range r.players {
		p.player, p.ready, p.begun, p.due = i, false, false, false
	}
	r.announce(now)
	for i, p := range r.players {
		p.door.Tell(now, r.starts(i))
	}
	r.since = now
	r.schedule(now)
	r.shared.Logger.Info("game started", slog.Uint64("room", uint64(r.ID)), slog.Int("players", len(r.players)),
		slog.Any("connections", config.Connections), slog.Any("delays", config.FrameDelays),
		slog.Bool("padding", config.Padding))
	return ""
}

func (r *Room) starts(player int) door.Starts {
	return door.Starts{FrameDelay: r.mixer.FrameDelay(player), Player: player + 1, Players: len(r.players)}
}

// keepsHistory takes a place for the history of the game that starts now, if somebody in it could use one, and reports
// whether it has one. A game of one player keeps none, since nobody waits there: who loses the line in it has it back
// within Stall, or begins anew.
func (r *Room) keepsHistory() bool {
	if r.shared.Rules.Comeback <= 0 || len(r.seats) < 2 {
		return false
	}
	for _, s := range r.seats {
		if s.Rejoins {
			if r.kept = r.shared.Memory.histories.add(r.Host); r.kept != nil {
				r.history = &history.Record{Max: limits.HistoryBytes}
			}
			return r.kept != nil
		}
	}
	return false
}

// Ready counts a player as ready.
func (s *Seat) Ready(now time.Time) {
	if !s.ready {
		s.ready = true
		s.room.beginWhenReady(now)
	}
}

// beginWhenReady begins play once everyone who is still in the game is ready.
func (r *Room) beginWhenReady(now time.Time) {
	if r.state != door.Netsync {
		return
	}
	for _, p := range r.players {
		if p != nil && !p.ready {
			return
		}
	}
	r.state = door.Playing
	r.since = now
	r.lag.begin(now, r.players, r.mixer.FrameDelay)
	r.announce(now)
	for _, p := range r.players {
		if p != nil {
			p.begun = true
			p.door.Tell(now, door.Begins{})
		}
	}
	r.schedule(now)
	r.shared.Logger.Info("game begins", slog.Uint64("room", uint64(r.ID)))
}

// Drop takes a player out of the game; it stays in the room.
func (s *Seat) Drop(now time.Time) {
	r := s.room
	number := s.player + 1
	r.mixer.Drop(s.player)
	r.players[s.player] = nil
	s.out(now)
	if size := r.mixer.Size(); size > 0 {
		r.reserve(size) // one less needs less
	}
	if !r.anyPlayer() {
		r.endGame(now)
	}
	r.announce(now)
	r.broadcast(now, door.Dropped{Member: s.Member, Player: number})
	r.shared.Logger.Info("dropped", append(s.attrs(), slog.Uint64("room", uint64(r.ID)),
		slog.Int("player", number))...)
	switch {
	case r.state == door.Netsync:
		r.beginWhenReady(now)
	case r.state == door.Playing:
		r.relay(now) // the others may have waited for this one only
	case r.owner == nil:
		r.outside.Over(now, r)
	}
}

// out: it no longer plays.
func (s *Seat) out(now time.Time) {
	s.player = -1
	s.door.Tell(now, door.Out{})
}

func (r *Room) anyPlayer() bool {
	for _, p := range r.players {
		if p != nil {
			return true
		}
	}
	return false
}

// endGame makes the room a waiting one.
func (r *Room) endGame(now time.Time) {
	for i, p := range r.players {
		if p != nil {
			r.players[i] = nil
			p.out(now)
		}
	}
	r.players = r.players[:0]
	r.lag.end(now)
	r.release()
	r.state = door.Waiting
	r.shared.Timers.Remove(&r.timer)
}
