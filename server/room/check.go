package room

import (
	"errors"
	"fmt"
	"slices"

	"kbridge/server/door"
	"kbridge/server/limits"
)

// Check says what is wrong with a room, for tests; nil if nothing is. user reports whether a seat is its user's.
func (r *Room) Check(user func(*Seat) bool) error {
	var errs []error
	wrong := func(yes bool, format string, args ...any) {
		if yes {
			errs = append(errs, fmt.Errorf("room %d: "+format, append([]any{r.ID}, args...)...))
		}
	}
	wrong(r.broken || len(r.seats) == 0 || len(r.seats) > limits.MaxPlayers, "%d seats", len(r.seats))
	for _, s := range r.seats {
		wrong(s.room != r || !user(s), "%s is not there", s.Shown)
		wrong(s.player >= 0 && (s.player >= len(r.players) || r.players[s.player] != s), "%s does not play", s.Shown)
	}
	wrong(r.owner != nil && !slices.Contains(r.seats, r.owner), "its owner is not there")
	wrong(!r.Running() && r.owner == nil, "no owner and no game")
	wrong(r.Running() != (r.mixer != nil) || r.Running() != r.anyPlayer(), "state %d", r.state)
	wrong(r.Running() && !r.shared.Timers.IsSet(&r.timer) && r.state == door.Netsync, "nobody is waited for")
	for i, p := range r.players {
		wrong(p != nil && (p.player != i || !slices.Contains(r.seats, p)), "player %d", i)
	}
	wrong((r.history != nil) != (r.kept != nil), "a history without a place")
	if err := r.lines.check(); err != nil {
		errs = append(errs, fmt.Errorf("room %d: %w", r.ID, err))
	}
	return errors.Join(errs...)
}

// check: all counts of waiting lines are right, and each sender's next line goes to its own queue.
func (l *lines) check() error {
	bytes, own := 0, map[*Seat]*lineQueue{}
	for _, q := range l.queues {
		sum := 0
		for _, text := range q.lines {
			sum += lineCost(len(text))
		}
		if sum == 0 || sum != q.bytes || sum > limits.MaxSessionLines {
			return fmt.Errorf("%d bytes of lines, %d are counted", sum, q.bytes)
		}
		bytes += sum
		if q.from.room == l.room {
			own[q.from] = q
		}
	}
	for _, s := range l.room.seats {
		if s.lines != own[s] {
			return fmt.Errorf("the lines of %s are another's", s.Shown)
		}
	}
	if bytes != l.bytes || (bytes > 0) != l.room.shared.Timers.IsSet(&l.timer) {
		return fmt.Errorf("%d bytes of lines in all, %d are counted", bytes, l.bytes)
	}
	return nil
}

// Check says what is wrong with what is counted for these rooms, which are all there are; nil if nothing is.
func (s *Shared) Check(rooms []*Room) error {
	lines, games, recorded, histories := 0, 0, 0, 0
	for _, r := range rooms {
		lines += r.lines.bytes
		games += r.reserved
		if r.kept != nil {
			histories++
			if !r.kept.givenUp.Load() {
				recorded += r.recorded
			}
		}
	}
	h := &s.Memory.histories
	h.mu.Lock()
	defer h.mu.Unlock()
	if lines != s.LineBytes() || games != s.Memory.games.Used() || recorded != h.used || histories != len(h.all) {
		return fmt.Errorf("rooms have %d bytes of lines, %d for games, %d in %d histories; %d, %d, %d and %d are counted",
			lines, games, recorded, histories, s.LineBytes(), s.Memory.games.Used(), h.used, len(h.all))
	}
	return nil
}
