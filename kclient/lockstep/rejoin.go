package lockstep

// rejoinFrames is how many frames more than usual the queue of a Batcher takes
// after Rejoin: what has piled up at the server comes at once.
const rejoinFrames = 300

// Rejoin goes on with a game in which the player was away: the caches are empty, and the next
// Collect is the input of call number calls of the game. frames is how many
// frames are there already by another way; the first message begins behind
// them. Those that were not handed out yet, and what is left of the frame delay, are the
// first answers of Next: n is 0 for each of them, and the caller puts in the
// frame that it has. waiting says that the call before waits for the first frame of
// that message; Next answers it. Numbers that cannot be are ErrConfig. size is
// the bytes of one input.
func (b *Batcher) Rejoin(frames, calls, size int, waiting bool) error {
	delay := frames + b.Delay() - calls
	if frames < 0 || calls < 0 || delay < -1 || waiting != (delay == -1) || size < 1 || size > MaxFrameSize {
		return ErrConfig
	}
	if err := b.Reset(b.config); err != nil {
		return err
	}
	b.begin(size)
	frame := size * b.config.Players
	b.queue.init(frame, b.config.Connection*frame, queueBatches(b.config.FrameDelay)+rejoinFrames/b.config.Connection)
	b.delay, b.rejoined, b.from, b.untaken = delay, true, frames, waiting
	return nil
}

// SetPresent is the server's word that our input counts from a frame on, and which
// frame the first one since Rejoin was for.
func (b *Batcher) SetPresent(frame, first int) {
	if b.rejoined {
		b.present, b.presentFrom, b.first = true, frame, first
	}
}

// provenRejoined is ServerProven after Rejoin: the frames that came hold our input,
// but only from the frame on that the server has named.
func (b *Batcher) provenRejoined() int {
	end := b.from + b.messages*b.config.Connection
	if !b.present || end <= b.presentFrom {
		return 0
	}
	c := b.config.Connection
	return max(0, min((end-b.first+c-1)/c, b.batches))
}
