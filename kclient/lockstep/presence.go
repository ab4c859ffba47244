package lockstep

import "fmt"

// A player who has lost the connection is away: zeros stand for its input, as if
// it had dropped, but its seat is kept. When it has got the frames that it lacks
// by another way (see package history), CatchUp gives it messages again, and it is present
// as soon as its input comes in time, or nearly so. Whatever the others run is
// decided here alone, so it is the same for everybody.

// Presence is where a player stands in its game.
type Presence uint8

const (
	// Present: the game waits for its input.
	Present Presence = iota
	// Away: zeros stand for its input. It gets no messages, and may fetch the frames so far.
	Away
	// CatchingUp: it gets messages again; zeros stand for its input until that comes in time.
	CatchingUp
	// Dropped: it is out of the game for good.
	Dropped
)

var presenceNames = [...]string{Present: "present", Away: "away", CatchingUp: "catching up", Dropped: "dropped"}

// String is "present", "away", "catching up" or "dropped".
func (p Presence) String() string {
	if int(p) < len(presenceNames) {
		return presenceNames[p]
	}
	return fmt.Sprintf("presence %d", uint8(p))
}

// zeros reports whether zeros stand for the player's input while its seat is kept.
func (p Presence) zeros() bool { return p == Away || p == CatchingUp }

// gets reports whether the player gets messages.
func (p Presence) gets() bool { return p == Present || p == CatchingUp }

// Presence is where a player stands; Present for one that is not there.
func (m *Mixer) Presence(player int) Presence { return m.of(player).presence }

// SetAway makes a player away. What it has sent is still used. For one who has
// dropped, or is away already, it does nothing.
func (m *Mixer) SetAway(player int) {
	if p, err := m.active(player); err == nil {
		p.presence = Away
		m.advance()
	}
}

// InFrom is the frame that the first input of a player since its last CatchUp is
// for, counted as the player does: its leading zeros are the first frames of its game.
func (m *Mixer) InFrom(player int) int { return m.of(player).inFrom + m.of(player).lead }

// Have is how many frames have this player's part, zeros and its leading zeros
// included.
func (m *Mixer) Have(player int) int { return m.of(player).have + m.of(player).lead }

// CatchUp gives a player who is away messages again: its first begins with frame frames, counted as the player does,
// its leading zeros included. Its next input is that of its call number calls of kailleraModifyPlayValues, both counted
// from 0 at the start of the game. The caches begin anew. size is the bytes of one input, and fixes the size of the
// game as a game data does if everybody was away before the first one; 0 is not told. It reports false, and changes
// nothing, when those frames are no longer all there, or the numbers cannot be: then the player must fetch more and ask
// again.
func (m *Mixer) CatchUp(player, frames, calls, size int) bool {
	p, err := m.active(player)
	if err != nil || p.presence != Away || size < 0 || size > MaxFrameSize || m.size == 0 && size == 0 {
		return false
	}
	newest := 0
	for i := range m.players {
		newest = max(newest, m.players[i].have)
	}
	// The frames that it has and has not run yet stand for the frame delay; -1: it
	// waits for the next one already.
	delay := frames + Delay(p.connection, p.frameDelay) - calls
	from := frames - p.lead
	if frames < 0 || calls < 0 || from > m.Frames() || newest-max(from, 0) > m.rows ||
		delay < -1 || delay > Delay(p.connection, p.frameDelay)+catchUpSpare*p.connection {
		return false
	}
	if m.size == 0 {
		m.begin(size)
	}
	p.presence = CatchingUp
	p.sent, p.received, p.cached = 0, 0, 0
	p.outFrom, p.inFrom, p.delay = from, calls+p.padding-p.lead, delay
	p.in.Reset()
	p.out.Reset()
	m.inTime(player, p, p.inFrom)
	m.advance()
	return true
}

// inTime makes a player who is catching up present if its next input, for frame first,
// is in time, or late by so little that the others can wait for it once.
func (m *Mixer) inTime(column int, p *player, first int) {
	if p.presence == CatchingUp && p.have-first <= maxLate {
		p.presence = Present
		m.clearUpTo(column, p, first)
	}
}

// cutLate returns the part of an input, for frame first and those after it, that
// came in time. What is late was played with zeros.
func (m *Mixer) cutLate(column int, p *player, payload []byte, first int) []byte {
	m.inTime(column, p, first)
	late := min(max(0, p.have-first), p.connection)
	return payload[late*m.size:]
}

func (m *Mixer) clearUpTo(column int, p *player, frame int) {
	width := m.width()
	for ; p.have < frame; p.have++ {
		if m.size > 0 && p.have >= 0 {
			at := p.have%m.rows*width + column*m.size
			clear(m.frames[at : at+m.size])
		}
	}
}

// Frame copies combined frame f, leading zeros not counted, to dst, which has room for FrameSize bytes, and
// reports whether it is ready and still there.
func (m *Mixer) Frame(dst []byte, f int) bool {
	newest := 0
	for i := range m.players {
		newest = max(newest, m.players[i].have)
	}
	if f < 0 || f >= m.Frames() || newest-f > m.rows || len(dst) < m.width() {
		return false
	}
	m.copyFrame(dst[:m.width()], f)
	return true
}

// FrameSize is the bytes of a combined frame; 0 until the room's first game data.
func (m *Mixer) FrameSize() int { return m.width() }
