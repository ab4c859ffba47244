package lab

import (
	"bytes"
	"fmt"
	"io"
	"time"

	"kbridge/kclient/lockstep"
	"kbridge/kclient/wire"
)

// Config is one game. The same Config gives the same Result.
type Config struct {
	Strategy    Strategy
	Weather     Weather
	Connections []int // c of each player, 1 to 6
	Seed        uint64
	Length      time.Duration
	Size        int       // bytes of one player's input in a frame; 0 is 4
	Mixed       Mixed     // what the server does about mixed connection types
	Trace       io.Writer // nil, or where every event is written to
}

func (c Config) String() string {
	return fmt.Sprintf("weather %s, connections %v, strategy %v, seed %d", c.Weather.Name, c.Connections, c.Strategy,
		c.Seed)
}

// remembered is how many frames back the players can be compared; the largest frame
// delay keeps them closer together.
const remembered = 4096

// game is one Run under way.
type game struct {
	cfg     Config
	queue   queue
	now     time.Duration
	number  int32 // of the game; a lost one is followed by another
	begun   time.Duration
	players []player
	mixer   *lockstep.Mixer
	lags    Lags
	sums    [remembered]struct {
		frame int
		sum   uint64
	}
	result Result
	dead   bool // lost, the next one has not begun yet

	body, buf, values, want []byte
	free                    [][]byte
}

// player is one player: its emulator, its end of the session, its line, and the
// server's end.
type player struct {
	emulator       emulator
	batcher        *lockstep.Batcher
	line           line
	address        uint16 // where the server sends to
	client, server side
}

// side is an end with what the game needs to drive it.
type side struct {
	end
	armed        time.Duration // when the next timer fires; 0 is none
	said, heard  uint32        // chat lines
	nextChat     int           // at which game message
	gameMessages int
}

// chatEvery is how many game messages lie between two chat lines of an end; they show
// that other messages come through in order and once, too.
const chatEvery = 307

// epoch is when every game begins, for the ends' clocks.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func (g *game) clock() time.Time { return epoch.Add(g.now) }

// Run plays one game for cfg.Length, and another one after each that is lost.
func Run(cfg Config) (Result, error) {
	g := newGame(cfg)
	err := g.begin()
	if err == nil {
		err = g.run()
	}
	if err != nil {
		return Result{}, fmt.Errorf("lab: %v, %v into it: %w", cfg, g.now, err)
	}
	return g.result, nil
}

func newGame(cfg Config) *game {
	if cfg.Size == 0 {
		cfg.Size = 4
	}
	g := &game{cfg: cfg, players: make([]player, len(cfg.Connections))}
	for p := range g.players {
		g.players[p].line = newLine(cfg.Weather, cfg.Seed, p)
		if cfg.Weather.Moves > 0 {
			g.scheduleMove(p)
		}
	}
	return g
}

func (g *game) run() error {
	for len(g.queue.events) > 0 && g.queue.events[0].at < g.cfg.Length {
		e := g.queue.pop()
		g.now = e.at
		if err := g.happen(e); err != nil {
			return err
		}
		if e.datagram != nil {
			g.free = append(g.free, e.datagram)
		}
	}
	g.now = g.cfg.Length
	if !g.dead {
		g.settle()
	}
	return nil
}

// begin starts a game: everyone has just been told that all are ready.
func (g *game) begin() error {
	g.begun, g.dead = g.now, false
	g.result.Games++
	config := lockstep.MixerConfig{Connections: g.cfg.Connections, Padding: g.cfg.Mixed == MixedPadded}
	var pings []time.Duration
	for p := range g.players {
		pings = append(pings, g.cfg.Weather.Ping(p))
	}
	config.FrameDelays = g.cfg.Mixed.frameDelays(g.cfg.Connections, pings)
	var delays []int
	for p, c := range g.cfg.Connections {
		delays = append(delays, lockstep.Delay(c, config.FrameDelays[p]))
	}
	g.lags = NewLags(g.cfg.Connections, delays, g.cfg.Mixed)
	var err error
	if g.mixer, err = lockstep.NewMixer(config); err != nil {
		return err
	}
	for i := range g.sums {
		g.sums[i].frame = -1 // of the machine, which is the call's
	}
	for p := range g.players {
		pl := &g.players[p]
		pl.batcher, err = lockstep.NewBatcher(lockstep.BatcherConfig{
			Connection: g.cfg.Connections[p], FrameDelay: config.FrameDelays[p], Players: len(g.players)})
		if err != nil {
			return err
		}
		client, server := newEnds(g.cfg.Strategy, g.clock(), g.cfg.Connections[p], g.cfg.Weather.Ping(p))
		pl.client, pl.server = side{end: client, nextChat: chatEvery}, side{end: server, nextChat: chatEvery}
		pl.address = pl.line.address
		start := g.now + pl.line.down.Fate(g.now, 0).Delay
		pl.emulator = emulator{Timetable: NewTimetable(p, start)}
		g.queue.push(event{at: start, kind: frameDue, player: int32(p), game: g.number})
	}
	g.values = make([]byte, g.cfg.Size*len(g.players))
	g.want = make([]byte, g.cfg.Size*len(g.players))
	return nil
}

// settle books what the game has come to when it ends.
func (g *game) settle() {
	for p := range g.players {
		pl := &g.players[p]
		for _, s := range []*side{&pl.client, &pl.server} {
			lost, resends := s.counts()
			g.result.Lost += lost
			g.result.Resends += resends
		}
		if e := &pl.emulator; e.waits {
			g.late(p, e.late(g.now))
		}
		g.result.Played += g.now - g.begun
	}
}

// lose ends a game; the players begin another one a second later.
func (g *game) lose(reason error) {
	if g.dead {
		return
	}
	g.dead = true
	g.settle()
	g.result.GamesLost++
	g.result.LostAfter += g.now - g.begun
	if g.cfg.Strategy != Classic {
		g.result.fail("%v: %v into the network's time, %v into the game: lost: %v", g.cfg, g.now, g.now-g.begun, reason)
	}
	g.trace("the game is lost: %v", reason)
	g.number++
	g.queue.push(event{at: g.now + time.Second, kind: restart, game: g.number})
}

func (g *game) happen(e event) error {
	p := int(e.player)
	if e.kind == addressMoves {
		pl := &g.players[p]
		pl.line.address++
		pl.line.gapUntil = g.now + g.cfg.Weather.MoveGap
		if g.cfg.Strategy == Floor {
			pl.address = pl.line.address // the oracle needs no datagram to know
		}
		g.scheduleMove(p)
		return nil
	}
	if e.game != g.number {
		return nil
	}
	pl := &g.players[p]
	switch e.kind {
	case frameDue:
		return g.frame(p)
	case toServer:
		pl.address = max(pl.address, e.address)
		return g.serve(p, e.datagram)
	case toClient:
		if e.address != pl.line.address {
			return nil // nobody is there any more
		}
		return g.take(p, e.datagram)
	case clientTimer:
		if pl.client.armed == g.now {
			pl.client.armed = 0
			g.flush(p, true)
		}
	case serverTimer:
		if pl.server.armed == g.now {
			pl.server.armed = 0
			g.flush(p, false)
		}
	case restart:
		return g.begin()
	}
	return nil
}

// frame is one call of kailleraModifyPlayValues up to where it waits.
func (g *game) frame(p int) error {
	pl := &g.players[p]
	in := g.values[:g.cfg.Size]
	Input(g.cfg.Seed, p, pl.emulator.calls, in)
	out, full, err := pl.batcher.Collect(in)
	if err != nil {
		return err
	}
	pl.emulator.calls++
	pl.emulator.waits = true
	pl.client.tick(g.clock())
	if full {
		g.say(&pl.client, out)
	}
	g.answer(p)
	g.flush(p, true)
	return nil
}

// answer lets a waiting call return if its frame is there.
func (g *game) answer(p int) {
	pl := &g.players[p]
	if !pl.emulator.waits {
		return
	}
	n, ok := pl.batcher.Next(g.values)
	pl.client.waits(g.clock(), !ok)
	if !ok {
		return
	}
	pl.emulator.waits = false
	if n == 0 { // calls are frames: inside the delay the machine runs one in which nobody presses anything
		n = g.cfg.Size * len(g.players)
		clear(g.values[:n])
	}
	g.compare(p, g.values[:n])
	next, late := pl.emulator.Finish(g.now)
	g.late(p, late)
	g.queue.push(event{at: next, kind: frameDue, player: int32(p), game: g.number})
}

func (g *game) late(p int, by time.Duration) {
	if !g.result.Late(by) {
		return
	}
	g.trace("player %d: a frame was %v late", p, by)
	if by >= stallLimit {
		g.lose(fmt.Errorf("player %d waited %v for a frame", p, by))
	}
}

// compare holds what a player's machine runs in a call against what the others' run, and what the
// players pressed.
func (g *game) compare(p int, frame []byte) {
	e := &g.players[p].emulator
	e.sum = chain(e.sum, frame)
	known := &g.sums[e.taken%remembered]
	switch {
	case known.frame < e.taken:
		known.frame, known.sum = e.taken, e.sum
		g.lags.Pressed(g.cfg.Seed, e.taken, g.cfg.Size, g.want)
		if !bytes.Equal(frame, g.want) {
			g.desync("player %d, frame %d is %x, pressed was %x", p, e.taken, frame, g.want)
		}
	case known.frame > e.taken || known.sum != e.sum:
		g.desync("player %d, frame %d differs from another player's", p, e.taken)
	}
	e.taken++
	g.result.Frames++
}

func (g *game) desync(format string, args ...any) {
	g.result.Desyncs++
	g.result.fail("%v: %v into it: desync: %s", g.cfg, g.now, fmt.Sprintf(format, args...))
	g.lose(errDesync)
}

func (g *game) scheduleMove(p int) {
	w := &g.cfg.Weather
	x := chain(g.cfg.Seed, []byte{byte(p), byte(g.players[p].line.address)})
	after := w.Moves/2 + time.Duration(x%uint64(w.Moves))
	g.queue.push(event{at: g.now + after, kind: addressMoves, player: int32(p)})
}

func (g *game) trace(format string, args ...any) {
	if g.cfg.Trace != nil {
		fmt.Fprintf(g.cfg.Trace, "%12.3f ms  %s\n", float64(g.now)/1e6, fmt.Sprintf(format, args...))
	}
}

// gameMessage tells what a message of a game carries.
func gameMessage(m wire.Message) (payload []byte, pos uint8, cached bool, err error) {
	if m.Type == wire.TypeGameCache {
		pos, err = wire.ParseGameCache(m.Body)
		return nil, pos, true, err
	}
	payload, err = wire.ParseGameData(m.Body)
	return payload, 0, false, err
}
