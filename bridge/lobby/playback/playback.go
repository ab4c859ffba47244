package playback

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"kbridge/bridge/krec"
	"kbridge/kclient"
)

// FramesPerSecond is the pace at speed 1. An emulator usually has one of its own;
// this one holds only those back that run as fast as the network lets them.
const FramesPerSecond = 60

// slack is how many frames the emulator may be ahead of the pace, so that its
// own limiter, at 60.1 or with a shaky timer, does not meet ours.
const slack = 4

// untold is how long a paused one waits before it looks whether it still is.
const untold = time.Second

// MaxSpeed and MinSpeed bound Speed.
const (
	MinSpeed = 0.25
	MaxSpeed = 8
)

// Why a playback is over, or a call was refused.
var (
	ErrEnd      = errors.New("the recording is over")
	ErrStopped  = errors.New("the playback was stopped")
	ErrBackward = errors.New("a recording can only be played forward: start it again to see an earlier frame")
)

// Event is a chat line or a drop of the recording; texts are raw bytes.
type Event struct {
	Kind   krec.Kind // Chat or Drop
	Nick   string
	Text   string
	Player int
}

// Playback plays one recording. Submit and TryReceive are for one thread at a time,
// the rest may be called from any.
type Playback struct {
	header krec.Header
	about  About
	file   *os.File
	events func(Event)

	reader *krec.Reader // TryReceive's own

	mu        sync.Mutex // guards what follows
	wake      func()     // nil, or Notify's
	submitted bool
	size      int // bytes of one player's input
	calls     int // answered
	frames    int // of them with a frame
	seek      int // frames up to which it goes without pause
	paused    bool
	speed     float64
	from      time.Time // the pace counts from here,
	fromCalls int       // and these calls
	begun     time.Time
	err       error
	ended     time.Time
}

// Open reads a recording. events gets chat lines and drops, on the goroutine of
// TryReceive just before the frame that they belong to; it must not wait.
func Open(file string, events func(Event)) (*Playback, error) {
	about, err := Look(file)
	if err != nil {
		return nil, err
	}
	if about.Problem != "" {
		return nil, fmt.Errorf("%s cannot be played: %s", file, about.Problem)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	r, err := krec.NewReader(bufio.NewReader(f))
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &Playback{header: r.Header(), about: about, file: f, events: events, reader: r, speed: 1}, nil
}

// Header is what the file says about its game.
func (p *Playback) Header() krec.Header { return p.header }

// Frames is how many frames it has.
func (p *Playback) Frames() int { return p.about.Frames }

// Position is how many frames were played.
func (p *Playback) Position() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames
}

// Player is whose recording it is, 1-based.
func (p *Playback) Player() int { return p.header.Player }

// Players is how many played.
func (p *Playback) Players() int { return p.header.Players }

// FrameDelay is how many calls return nothing before the first frame.
func (p *Playback) FrameDelay() int { return p.about.Delay }

// State is how it is played now.
func (p *Playback) State() (paused bool, speed float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.paused, p.speed
}

// Pause holds it, or goes on.
func (p *Playback) Pause(on bool) {
	p.mu.Lock()
	p.paused = on
	p.repaceLocked()
	p.signalLocked()
	p.mu.Unlock()
}

// Speed is how fast it goes: 1 is sixty frames a second, 0 as fast as the
// emulator can, others are kept within MinSpeed and MaxSpeed.
func (p *Playback) Speed(factor float64) {
	p.mu.Lock()
	switch {
	case !(factor > 0): // not a number, too
		factor = 0
	default:
		factor = min(max(factor, MinSpeed), MaxSpeed)
	}
	p.speed = factor
	p.repaceLocked()
	p.signalLocked()
	p.mu.Unlock()
}

// Seek goes on to a frame, 0-based, as fast as the emulator can: it has to run all
// those between.
func (p *Playback) Seek(frame int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if frame < p.frames {
		return ErrBackward
	}
	p.seek = min(frame, p.about.Frames)
	p.signalLocked()
	return nil
}

func (p *Playback) repaceLocked() { p.from, p.fromCalls = time.Time{}, p.calls }

// signalLocked: the call that waits may have its turn.
func (p *Playback) signalLocked() {
	if p.wake != nil {
		p.wake()
	}
}

// Submit takes no notice of the input but for its size, which must be that of the
// recording.
func (p *Playback) Submit(values []byte, size int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.err != nil:
		return p.err
	case p.submitted:
		return kclient.ErrConcurrent
	case p.about.Size != 0 && size != p.about.Size:
		return fmt.Errorf("this emulator has %d bytes of input a frame, the recording %d: it is not of this emulator or game", size, p.about.Size)
	case len(values) < size*p.header.Players:
		return kclient.ErrBuffer
	}
	if p.begun.IsZero() {
		p.begun = time.Now()
	}
	p.size = size
	p.submitted = true
	return nil
}

// TryReceive returns what the recorded call returned, when its time has come; until then wait is
// how long that takes.
func (p *Playback) TryReceive(values []byte) (n int, wait time.Duration, err error) {
	if wait, err = p.due(); wait != 0 || err != nil {
		return 0, wait, err
	}
	n, err = p.next(values)
	return n, 0, err
}

// Notify names the function that is called when something has changed that a TryReceive
// waits for.
func (p *Playback) Notify(wake func()) {
	p.mu.Lock()
	p.wake = wake
	p.mu.Unlock()
}

// due is how long to wait for the next call's turn: 0 is not at all, untold until
// something changes.
func (p *Playback) due() (time.Duration, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.err != nil:
		return 0, p.err
	case p.frames < p.seek || p.speed == 0 && !p.paused:
		p.repaceLocked()
		return 0, nil
	case p.paused:
		return untold, nil
	}
	now := time.Now()
	if p.from.IsZero() {
		p.from, p.fromCalls = now, p.calls
	}
	frame := time.Duration(float64(time.Second) / (FramesPerSecond * p.speed))
	ahead := p.from.Add(time.Duration(p.calls-p.fromCalls-slack) * frame).Sub(now)
	if ahead < -time.Second/4 {
		// The emulator was busy elsewhere, and does not race afterwards.
		p.from, p.fromCalls = now, p.calls
	}
	return max(ahead, 0), nil
}

// next reads up to the next frame.
func (p *Playback) next(values []byte) (int, error) {
	for {
		r, err := p.reader.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, krec.ErrTruncated) {
				p.end(err)
			} else {
				p.end(ErrEnd)
			}
			return 0, p.reason()
		}
		if r.Kind != krec.Frame {
			if p.events != nil {
				p.events(Event{Kind: r.Kind, Nick: r.Nick, Text: r.Text, Player: r.Player})
			}
			continue
		}
		n := len(r.Values)
		p.mu.Lock()
		if n > 0 && n != p.size*p.header.Players || n > len(values) {
			p.mu.Unlock()
			p.end(fmt.Errorf("frame %d of the recording has %d bytes, not %d for each of %d players", p.frames, n,
				p.size, p.header.Players))
			return 0, p.reason()
		}
		copy(values, r.Values)
		p.submitted = false
		p.calls++
		if n > 0 {
			p.frames++
		}
		p.mu.Unlock()
		return n, nil
	}
}

func (p *Playback) reason() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Playback) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err, p.ended = err, time.Now()
		p.signalLocked()
	}
}

// Drop ends it.
func (p *Playback) Drop() error {
	p.end(ErrStopped)
	return nil
}

// Close gives the file back; after the game is over.
func (p *Playback) Close() error { return p.file.Close() }

// Stats has the frames and the time.
func (p *Playback) Stats() kclient.GameStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := kclient.GameStats{Player: p.header.Player, Players: p.header.Players, FrameDelay: p.about.Delay,
		Frames: p.frames}
	if !p.begun.IsZero() {
		end := p.ended
		if end.IsZero() {
			end = time.Now()
		}
		s.Duration = end.Sub(p.begun)
	}
	return s
}

// Behind is how many frames a Seek has still to go: an emulator then runs as fast
// as it can.
func (p *Playback) Behind() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0
	}
	return max(p.seek-p.frames, 0)
}
