package lockstep

import (
	"fmt"

	"kbridge/kclient/framecache"
)

// MixerConfig is what a server knows when a room's game starts. Players are counted from 0 here; on the wire from 1.
type MixerConfig struct {
	Connections []int // c of each player, 1 to 6; their number is the number of players, 1 to 8
	FrameDelays []int // d that each player was told in its start message, 0 to MaxFrameDelay
	// Padding gives each player c - min(c in the room) frames of zeros before its first input, so that the faster ones
	// need not wait for the slowest batch at the start. A client cannot tell, but its own input comes back so many
	// frames later.
	Padding   bool
	Numbering framecache.Numbering // both directions of every player; Window is what deployed clients speak
	// Spare is how many combined frames more than the game needs are kept, for
	// CatchUp: so many may the player still lack. 0 to MaxSpare.
	Spare int
	// SentBytes bounds the payloads that each player's outgoing cache keeps; what it has forgotten goes out as game
	// data again. 0 is no bound. The incoming ones have none, since a player may name any of its last 256 batches.
	SentBytes int
}

func (c MixerConfig) validate() error {
	if n := len(c.Connections); n < 1 || n > MaxPlayers {
		return fmt.Errorf("%w: %d players are not 1 to %d", ErrConfig, n, MaxPlayers)
	}
	if c.Spare < 0 || c.Spare > MaxSpare {
		return fmt.Errorf("%w: %d spare frames are not 0 to %d", ErrConfig, c.Spare, MaxSpare)
	}
	if len(c.FrameDelays) != len(c.Connections) {
		return fmt.Errorf("%w: %d frame delays for %d players", ErrConfig, len(c.FrameDelays), len(c.Connections))
	}
	for i := range c.Connections {
		one := BatcherConfig{Connection: c.Connections[i], FrameDelay: c.FrameDelays[i], Players: 1,
			Numbering: c.Numbering}
		if err := one.validate(); err != nil {
			return fmt.Errorf("player %d: %w", i, err)
		}
	}
	return nil
}

// Mixer is the server's end of one game. It takes each player's batches and gives each player the combined frames in
// groups of its own c, behind as many leading frames of zeros as make the calls of all players the same frame; see
// Lead. After every Input, InputCached and Drop, take what Next has for every player: what nobody takes fills the
// room's memory, and then input is refused. It is not safe for concurrent use.
type Mixer struct {
	players []player
	size    int // bytes of one input; 0 until the room's first game data
	// frames is a ring of rows, one for each combined frame, with one column of size bytes for each player. Input is
	// written where it will be read: frame F stands in row F mod rows. A row is free once every player who gets output
	// has had it.
	frames []byte
	rows   int
	sent   int // bound of each outgoing cache, in bytes
	ready  int // combined frames so far, see Frames; advance keeps it
}

type player struct {
	connection int
	frameDelay int
	lead       int // frames of zeros before the first combined frame; as many of its first inputs are thrown away
	have       int // frames in its column since the start, padding included; below 0 while its inputs are thrown away
	received   int // batches
	sent       int // messages
	cached     int // of sent, as game cache
	presence   Presence
	in, out    *framecache.Cache
	payload    []byte // of the message that Next gave out last

	// Of a player who was away, see presence.go; received, sent and the caches
	// count from its last CatchUp on.
	inFrom  int // the frame that its first input is for
	outFrom int // the first frame of its first message
	delay   int // calls until the first frame of that message
	padding int // frames before its first input
}

// next is the first frame that the player was not sent yet; the leading zeros are the frames below 0.
func (p *player) next() int { return p.outFrom + p.sent*p.connection }

// NewMixer starts a room's game. Errors wrap ErrConfig.
func NewMixer(config MixerConfig) (*Mixer, error) {
	if err := config.validate(); err != nil {
		return nil, err
	}
	m := &Mixer{players: make([]player, len(config.Connections)), sent: config.SentBytes}
	fastest, slowest, longest := MaxConnection, 1, 0
	for _, c := range config.Connections {
		fastest, slowest = min(fastest, c), max(slowest, c)
	}
	for i := range m.players {
		p := &m.players[i]
		p.connection, p.frameDelay = config.Connections[i], config.FrameDelays[i]
		p.in, p.out = framecache.New(config.Numbering), framecache.NewSender(config.Numbering, config.SentBytes)
		p.delay = Delay(p.connection, p.frameDelay)
		longest = max(longest, p.delay)
		if config.Padding {
			p.padding = p.connection - fastest
		}
		// A column reaches at most queueBatches beyond the messages its player was sent, and a player who takes
		// everything that is ready for it is at most a batch behind the newest combined frame.
		m.rows = max(m.rows, p.padding+queueBatches(p.frameDelay)*p.connection+slowest)
	}
	for i := range m.players {
		p := &m.players[i]
		p.lead = longest - p.delay
		p.have = p.padding - p.lead // the padding is zeros: the ring begins as zeros
		p.inFrom, p.outFrom = p.have, -p.lead
	}
	m.rows += config.Spare
	return m, nil
}

// Input takes the payload of a game data (12) of a player: its next batch. It is copied, and added to that player's
// incoming cache. The room's first game data fixes the size of the game. Errors are that player's protocol errors, and
// the caller's reason to drop it: ErrLength, ErrSize, ErrSizeChanged, ErrQueueFull; ErrDropped and ErrPlayer are for
// input that nobody waits for.
func (m *Mixer) Input(player int, payload []byte) error {
	p, err := m.active(player)
	if err != nil {
		return err
	}
	if err := m.input(player, p, payload); err != nil {
		return err
	}
	p.in.Add(payload)
	return nil
}

// InputCached takes the position of a game cache (13) of a player. Errors are as those of Input, and ErrPosition.
func (m *Mixer) InputCached(player int, pos uint8) error {
	p, err := m.active(player)
	if err != nil {
		return err
	}
	payload, ok := p.in.At(pos)
	if !ok {
		return ErrPosition
	}
	return m.input(player, p, payload)
}

// active is the player if it is in the room and has not dropped.
func (m *Mixer) active(i int) (*player, error) {
	if i < 0 || i >= len(m.players) {
		return nil, ErrPlayer
	}
	if m.players[i].presence == Dropped {
		return nil, ErrDropped
	}
	return &m.players[i], nil
}

func (m *Mixer) input(column int, p *player, payload []byte) error {
	size := len(payload) / p.connection
	switch {
	case len(payload) == 0 || len(payload)%p.connection != 0:
		return ErrLength
	case size > MaxFrameSize:
		return ErrSize
	case m.size != 0 && size != m.size:
		return ErrSizeChanged
	case p.presence == Away:
		return nil // sent before it was away
	case p.received-p.sent >= queueBatches(p.frameDelay) ||
		max(p.have, p.inFrom+p.received*p.connection)+p.connection-m.oldest() > m.rows:
		return ErrQueueFull
	}
	if m.size == 0 {
		m.begin(size)
	}
	if first := p.inFrom + p.received*p.connection; first != p.have {
		payload = m.cutLate(column, p, payload, first)
	}
	width := m.width()
	for ; len(payload) > 0; payload = payload[size:] {
		if p.have >= 0 {
			copy(m.frames[p.have%m.rows*width+column*size:], payload[:size])
		}
		p.have++
	}
	p.received++
	m.advance()
	return nil
}

// begin takes the room's memory, now that the size is known.
func (m *Mixer) begin(size int) {
	m.size = size
	m.frames = make([]byte, m.rows*m.width())
	for i := range m.players {
		if p := &m.players[i]; p.presence != Dropped {
			p.payload = make([]byte, p.connection*m.width())
		}
	}
}

// MaxBytes is the most memory, in bytes, that the game can take from now on if its inputs have size bytes: the ring of
// frames, which is taken as a whole by the first game data, and the caches of those who have not dropped, which grow
// with what is sent.
func (m *Mixer) MaxBytes(size int) int {
	width := len(m.players) * size
	n := m.rows * width
	for i := range m.players {
		if p := &m.players[i]; p.presence != Dropped {
			n += framecache.MaxBytes(p.connection*size, 0) + framecache.MaxBytes(p.connection*width, m.sent) +
				p.connection*width
		}
	}
	return n
}

// width is the bytes of a combined frame.
func (m *Mixer) width() int { return len(m.players) * m.size }

// oldest is the first combined frame that somebody has not had yet.
func (m *Mixer) oldest() int {
	n, found := 0, false
	for i := range m.players {
		if p := &m.players[i]; p.presence.gets() && (!found || p.next() < n) {
			n, found = p.next(), true
		}
	}
	if !found {
		return m.Frames()
	}
	return max(n, 0)
}

// Frames is how many combined frames are ready since the start, leading zeros not counted: each has a part of every
// player who has not dropped. When everybody has dropped nothing more is ready, and it is 0. Nothing is ready before
// the input size is known.
func (m *Mixer) Frames() int { return m.ready }

// advance follows whatever can make frames ready, and gives those who are not present zeros for those frames.
func (m *Mixer) advance() {
	if m.size > 0 { // before that the padding is there, the frames are not
		m.ready = m.complete()
	}
	for i := range m.players {
		if p := &m.players[i]; p.presence.zeros() {
			m.clearUpTo(i, p, m.ready)
		}
	}
}

// complete is the first combined frame that lacks the part of somebody.
func (m *Mixer) complete() int {
	n, found, kept := 0, false, false
	for i := range m.players {
		p := &m.players[i]
		kept = kept || p.presence.zeros()
		if p.presence == Present && (!found || p.have < n) {
			n, found = p.have, true
		}
	}
	switch {
	case found:
		return max(n, 0)
	case kept:
		return m.ready
	}
	return 0
}

// Drop takes a player who dropped or left out of the game: what it has sent is still used, its part is zeros after
// that, and it gets nothing more. The others no longer wait for it; layout and lengths stay. Again, or for a player
// that is not there, it does nothing.
func (m *Mixer) Drop(player int) {
	if p, err := m.active(player); err == nil {
		p.presence = Dropped
		p.in, p.out, p.payload = nil, nil, nil
		m.advance()
	}
}

// Next is the next message for a player: its next c frames, once they are all ready, leading zeros first. A message
// never goes out before the batch of the same number has come from that player, zeros or not, so that counting messages
// proves batches. Call it until ok is false. A player who has dropped gets none, and when everybody has dropped nothing
// more comes.
func (m *Mixer) Next(player int) (out GameData, ok bool) {
	p, err := m.active(player)
	if err != nil {
		return GameData{}, false
	}
	// Padding is less than a batch, so p.have asks for the batch of this message even where only zeros are due.
	first := p.next()
	if p.presence == Away || m.size == 0 || first+p.connection > min(m.Frames(), p.have) {
		return GameData{}, false
	}
	width := m.width()
	for k := range p.connection {
		m.copyFrame(p.payload[k*width:(k+1)*width], first+k)
	}
	p.sent++
	out = throughCache(p.out, p.payload)
	if out.Cached {
		p.cached++
	}
	return out, true
}

// copyFrame copies a combined frame that is in the ring, or a leading one.
func (m *Mixer) copyFrame(dst []byte, row int) {
	if row < 0 {
		clear(dst)
		return
	}
	copy(dst, m.frames[row%m.rows*m.width():])
	m.clearDropped(row, dst)
}

// clearDropped makes the part of those who had dropped before this frame zeros: their columns hold older frames there.
func (m *Mixer) clearDropped(row int, frame []byte) {
	for i := range m.players {
		if p := &m.players[i]; p.presence == Dropped && row >= p.have {
			clear(frame[i*m.size : (i+1)*m.size])
		}
	}
}

// Waiting is the players for whose input the next combined frame waits. It is empty only when everybody has dropped.
func (m *Mixer) Waiting() PlayerSet {
	next := m.complete()
	var set PlayerSet
	for i := range m.players {
		if p := &m.players[i]; p.presence == Present && p.have <= next {
			set |= 1 << i
		}
	}
	return set
}

// Players is how many players the game began with.
func (m *Mixer) Players() int { return len(m.players) }

// Active is the players who have not dropped.
func (m *Mixer) Active() PlayerSet {
	var set PlayerSet
	for i := range m.players {
		if m.players[i].presence != Dropped {
			set |= 1 << i
		}
	}
	return set
}

// Size is the bytes of one player's input in a frame; 0 until the room's first game data.
func (m *Mixer) Size() int { return m.size }

// Lead is how many frames of zeros a player gets before the first combined frame: the largest D = (d + 1) × c - 1 of
// the room less its own. Most emulators run a frame of their machine on every call of kailleraModifyPlayValues, those
// that return nothing inside the frame delay too, so it is calls that must line up: this makes combined frame f the
// answer to call K + f (K: the largest D) for everybody. As many of the player's first inputs are thrown away, so that
// every other comes back D calls after it was given.
func (m *Mixer) Lead(player int) int { return m.of(player).lead }

// FrameDelay is the d that a player was told.
func (m *Mixer) FrameDelay(player int) int { return m.of(player).frameDelay }

// Received is how many batches of a player were taken.
func (m *Mixer) Received(player int) int { return m.of(player).received }

// Sent is how many messages Next has given out for a player.
func (m *Mixer) Sent(player int) int { return m.of(player).sent }

// Cached is how many of Sent were game cache.
func (m *Mixer) Cached(player int) int { return m.of(player).cached }

// ClientProven is how many of our game messages to a player it must have, counted from the first: it sends batch b only
// after it was given message b - d - 1. Of a player who was away both are counted from CatchUp on, and the delay is
// what it was then. It stands still once the player has dropped.
func (m *Mixer) ClientProven(player int) int {
	p := m.of(player)
	if p.received == 0 {
		return 0
	}
	return max(0, min((p.received*p.connection-1-p.delay)/p.connection, p.sent))
}

// Needs is which of our game messages to a player, counted from 1, it must have been given before it can send its
// next batch, and how many batches that is before it: d + 1, until it has been away. 0 is none: its frame delay is
// not over yet, or that message has not gone out, so that it cannot have sent the batch.
func (m *Mixer) Needs(player int) (message, batches int) {
	p := m.of(player)
	batch := p.received + 1
	if message = (batch*p.connection - 1 - p.delay); message < 0 || p.connection == 0 {
		return 0, 0
	}
	if message /= p.connection; message > p.sent {
		return 0, 0
	}
	return message, batch - message
}

// of is a copy of a player's counts; zeros for one that is not there.
func (m *Mixer) of(i int) player {
	if i < 0 || i >= len(m.players) {
		return player{}
	}
	return m.players[i]
}
