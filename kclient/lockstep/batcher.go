package lockstep

import (
	"fmt"

	"kbridge/kclient/framecache"
)

// BatcherConfig is what a client knows when its game starts.
type BatcherConfig struct {
	Connection int                  // c, the connection type of the login, 1 to 6: frames in one game data
	FrameDelay int                  // d of the start message (11), 0 to MaxFrameDelay
	Players    int                  // of the start message, 1 to 8
	Numbering  framecache.Numbering // both directions; Window is what deployed servers speak
}

func (c BatcherConfig) validate() error {
	switch {
	case c.Connection < 1 || c.Connection > MaxConnection:
		return fmt.Errorf("%w: connection type %d is not 1 to %d", ErrConfig, c.Connection, MaxConnection)
	case c.FrameDelay < 0 || c.FrameDelay > MaxFrameDelay:
		return fmt.Errorf("%w: frame delay %d is not 0 to %d", ErrConfig, c.FrameDelay, MaxFrameDelay)
	case c.Players < 1 || c.Players > MaxPlayers:
		return fmt.Errorf("%w: %d players are not 1 to %d", ErrConfig, c.Players, MaxPlayers)
	case !c.Numbering.Valid():
		return fmt.Errorf("%w: cache numbering %d", ErrConfig, uint8(c.Numbering))
	}
	return nil
}

// Batcher is the client's end of one game. It collects one input a frame, sends c of them at once, and hands out the
// combined frames that come back, D frames later. It is not safe for concurrent use.
type Batcher struct {
	config BatcherConfig
	size   int    // bytes of one input; 0 until the first Collect
	batch  []byte // two batches: the one being collected and the one that was sent last, in turn
	filled int    // bytes of batch filled, of both halves
	queue  frameQueue
	out    *framecache.Cache
	in     *framecache.Cache

	calls     int  // of Collect
	untaken   bool // the last Collect has not had its Next yet
	batches   int
	cached    int
	messages  int
	handedOut int
	delay     int // calls that are answered with nothing

	// After Rejoin; see rejoin.go.
	rejoined    bool
	present     bool
	from        int // the first frame that comes
	presentFrom int // the frame from which our input counts
	first       int // the frame that our first input was for
}

// NewBatcher starts a game. Errors wrap ErrConfig.
func NewBatcher(config BatcherConfig) (*Batcher, error) {
	b := new(Batcher)
	if err := b.Reset(config); err != nil {
		return nil, err
	}
	return b, nil
}

// Reset starts another game in the same memory: counts are zero, the caches are empty, the size is open. On an error,
// which wraps ErrConfig, the Batcher stays as it was.
func (b *Batcher) Reset(config BatcherConfig) error {
	if err := config.validate(); err != nil {
		return err
	}
	in, out := b.in, b.out
	if in == nil || b.config.Numbering != config.Numbering {
		in, out = framecache.New(config.Numbering), framecache.NewSender(config.Numbering, maxSentBytes)
	} else {
		in.Reset()
		out.Reset()
	}
	*b = Batcher{config: config, batch: b.batch, queue: frameQueue{buf: b.queue.buf}, in: in, out: out,
		delay: Delay(config.Connection, config.FrameDelay)}
	return nil
}

// End gives the memory of the game's caches back. Nothing is to be sent any more, and what comes is ErrDropped; the
// frames that have arrived are still handed out, one for each Collect.
func (b *Batcher) End() { b.in, b.out = nil, nil }

// Collect takes this player's input of one frame. The first call fixes the input size of the game (ErrSize unless 1 to
// MaxFrameSize); another size later is ErrSizeChanged. Every c-th call fills a batch: send is then true, and out is to
// be sent. After every Collect call Next until it has an answer; a Collect before that is ErrOrder. The input is
// copied.
//
// In the frame delay and after it alike the batch goes out before the wait: the call that waits for the first combined
// frame, the (D+1)-th, is the one that fills batch d + 1.
func (b *Batcher) Collect(input []byte) (out GameData, send bool, err error) {
	if b.untaken {
		return GameData{}, false, ErrOrder
	}
	if len(input) == 0 || len(input) > MaxFrameSize {
		return GameData{}, false, ErrSize
	}
	if b.size == 0 {
		b.begin(len(input))
	}
	if len(input) != b.size {
		return GameData{}, false, ErrSizeChanged
	}
	b.filled += copy(b.batch[b.filled:], input)
	b.calls++
	b.untaken = true
	length := b.config.Connection * b.size
	if b.out == nil { // it has ended
		b.filled = 0
		return GameData{}, false, nil
	}
	if b.filled%length != 0 {
		return GameData{}, false, nil
	}
	out = throughCache(b.out, b.batch[b.filled-length:b.filled])
	if b.filled == len(b.batch) {
		b.filled = 0
	}
	b.batches++
	if out.Cached {
		b.cached++
	}
	return out, true, nil
}

// begin takes the game's memory, now that the size is known.
func (b *Batcher) begin(size int) {
	b.size = size
	n := 2 * b.config.Connection * size
	if cap(b.batch) < n {
		b.batch = make([]byte, n)
	}
	b.batch = b.batch[:n]
	frame := size * b.config.Players
	b.queue.init(frame, b.config.Connection*frame, queueBatches(b.config.FrameDelay))
}

// Receive takes the payload of a game data (12): c combined frames. It is copied, and added to the incoming cache.
// Errors are the server's: ErrEarly, ErrLength, ErrQueueFull.
func (b *Batcher) Receive(payload []byte) error {
	if err := b.enqueue(payload); err != nil {
		return err
	}
	b.in.Add(payload)
	return nil
}

// ReceiveCached takes the position of a game cache (13). Errors are the server's: ErrPosition, ErrQueueFull.
func (b *Batcher) ReceiveCached(pos uint8) error {
	if b.in == nil {
		return ErrDropped
	}
	payload, ok := b.in.At(pos)
	if !ok {
		return ErrPosition
	}
	return b.enqueue(payload)
}

func (b *Batcher) enqueue(payload []byte) error {
	if b.in == nil {
		return ErrDropped
	}
	if b.size == 0 {
		return ErrEarly
	}
	if len(payload) != b.config.Connection*b.size*b.config.Players {
		return ErrLength
	}
	if !b.queue.push(payload) {
		return ErrQueueFull
	}
	b.messages++
	return nil
}

// Waiting reports whether the last Collect must wait for the server before Next has an answer.
func (b *Batcher) Waiting() bool {
	return b.untaken && b.calls > b.delay && b.queue.empty()
}

// Next answers the last Collect. ok is false while the answer has not arrived: Receive more and call again. n is 0
// inside the frame delay, with dst untouched; else the next combined frame, n = FrameSize bytes in player order, was
// copied to dst. Each Collect has one answer: before the first Collect, and once the answer was taken, ok is false, and
// so it is when dst has no room for a frame, which then stays queued.
func (b *Batcher) Next(dst []byte) (n int, ok bool) {
	if !b.untaken {
		return 0, false
	}
	if b.calls <= b.delay {
		b.untaken = false
		return 0, true
	}
	if b.queue.empty() || len(dst) < b.queue.frame {
		return 0, false
	}
	n = b.queue.pop(dst)
	b.untaken = false
	b.handedOut++
	return n, true
}

// Delay is the frame delay D = (d + 1) × c - 1, in frames: so many calls of Next have n = 0.
func (b *Batcher) Delay() int { return Delay(b.config.Connection, b.config.FrameDelay) }

// Size is the bytes of one player's input in a frame; 0 until the first Collect.
func (b *Batcher) Size() int { return b.size }

// FrameSize is the bytes of a combined frame, size × players; 0 until the first Collect.
func (b *Batcher) FrameSize() int { return b.size * b.config.Players }

// Batches is how many batches Collect has given out to be sent.
func (b *Batcher) Batches() int { return b.batches }

// Cached is how many of Batches were game cache.
func (b *Batcher) Cached() int { return b.cached }

// Messages is how many game messages of the server were taken.
func (b *Batcher) Messages() int { return b.messages }

// Frames is how many combined frames Next has handed out.
func (b *Batcher) Frames() int { return b.handedOut }

// Queued is how many combined frames have arrived and were not handed out yet.
func (b *Batcher) Queued() int { return b.queue.frames() }

// ServerProven is how many of our batches the server must have, counted from the first: its m-th message is made of our
// first m batches, whoever fills up with zeros at the start, so m messages prove m batches, and everything that was
// sent before them. It proves nothing once the server has dropped us: do not ask then.
func (b *Batcher) ServerProven() int {
	if b.rejoined {
		return b.provenRejoined()
	}
	return min(b.messages, b.batches)
}
