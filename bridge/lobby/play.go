package lobby

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"kbridge/bridge"
	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/playback"
	"kbridge/kclient"
	"kbridge/kclient/link"
	"kbridge/kclient/text"
)

// The states of a game, as the page knows them.
const (
	playNone    = "none"
	playNetsync = "netsync"
	playPlaying = "playing"
	playOver    = "over"
)

const maxSamples = 1200

// playing is the game that runs, or the last one.
type playing struct {
	shown   message.Play // without its samples
	samples []message.Sample
	thin    int // one of so many samples is kept
	counted int // since the last that was kept
	game    bridge.Game
	end     context.CancelCauseFunc
	tape    *playback.Playback // set for a playback
	before  kclient.GameStats
	link    link.Stats
	links   func() link.Stats
	at      time.Time
}

func (p *playing) running() bool { return p.end != nil }

// stop ends the game; the end is noticed later.
func (p *playing) stop() {
	if p.end != nil {
		_ = p.game.Drop()
		p.end(kclient.ErrGameOver)
	}
}

// whole is the game with all its samples, for a new page.
func (p *playing) whole() message.Play {
	m := p.shown
	m.Samples = p.samples
	return m
}

// playGame has the emulator play a game that has started.
func (d *desk) playGame(v *visit, room *kclient.Room, game *kclient.Game) {
	info := room.Info()
	entry, ok := d.have[bridge.Room(info.Name)]
	if v.owner && v.chosen.Wire == info.Name {
		entry = v.chosen // the entry itself, not another of that name
	}
	if !ok {
		// A game of another list, which only a server could start.
		_ = game.Drop()
		d.say(message.Line{Where: "room", Kind: "notice", Text: "notice.foreignGame", Args: []string{info.Name}})
		d.awaitStart(v, room)
		return
	}
	var names []string
	for _, p := range room.Players() {
		names = append(names, p.Name)
	}
	for len(names) < game.Players() {
		names = append(names, fmt.Sprintf("player %d", len(names)+1))
	}
	set := d.settings.Get()
	match := bridge.Match{Game: game, Name: entry, Charset: v.charset, Players: names}
	if set.Record {
		match.Record = recordFolder(d.dialog, d.folder, set.RecordFolder)
	}
	remove := func() {}
	if ticket, ok := v.lobby.Ticket(); ok {
		remove = d.dialog.KeepComeback(bridge.Comeback{Server: v.address, User: d.session.Nick,
			Emulator: d.emulator.Name, Game: entry.Name,
			Charset: v.charset.Name(), Connection: d.connection(set), Ticket: ticket})
	}
	if v.back != nil {
		v.back.Forget()
		v.back = nil
	}
	d.play = playing{game: game, links: v.lobby.LinkStats, shown: message.Play{State: playNetsync, Game: entry.Name,
		Player:  game.Player(),
		Players: names[:game.Players()], FrameDelay: game.FrameDelay(), Start: now(), Speed: 1}}
	d.showRoom()
	d.start(match, func() {
		remove()
		if set.Record {
			d.listRecords()
			d.tell(d.records)
		}
		if d.visit == v && v.room == room && room.Err() == nil {
			d.showRoom()
			d.awaitStart(v, room)
		}
	})
}

// start plays a match; then follows when it is over, on the desk.
func (d *desk) start(match bridge.Match, then func()) {
	var ctx context.Context
	ctx, d.play.end = context.WithCancelCause(d.ctx)
	d.play.at, d.play.thin = time.Now(), 1
	if d.play.links != nil {
		d.play.link = d.play.links()
	}
	d.tell(d.play.whole())
	d.begin(func(context.Context) func() {
		result, err := d.dialog.Play(ctx, match)
		return func() {
			if err != nil {
				result.Reason = err
				d.log.Error("the game was not played", "err", err)
			}
			d.played(result.Reason)
			then()
		}
	})
}

// played: the game is over. Its plots stay.
func (d *desk) played(reason error) {
	d.sample()
	d.play.end(nil)
	d.play.end = nil
	d.play.shown.State, d.play.shown.End, d.play.shown.Reason = playOver, now(), overReason(reason)
	d.play.game, d.play.links = nil, nil
	d.tell(d.play.whole())
}

// overReason is a word of the page's catalogue, or else the error's text.
func overReason(err error) string {
	var timeout *kclient.TimeoutError
	var stopped *kclient.NotListeningError
	switch {
	case err == nil, errors.Is(err, bridge.ErrEndGame), errors.Is(err, kclient.ErrGameOver),
		errors.Is(err, playback.ErrStopped), errors.Is(err, context.Canceled):
		return "ended"
	case errors.Is(err, kclient.ErrDropped):
		return "dropped"
	case errors.Is(err, kclient.ErrRoomClosed):
		return "closed"
	case errors.Is(err, kclient.ErrKicked):
		return "kicked"
	case errors.Is(err, kclient.ErrLost):
		return "messagesLost"
	case errors.Is(err, kclient.ErrForgotten):
		return "forgotten"
	case errors.As(err, &stopped):
		return "stopped"
	case errors.As(err, &timeout):
		if timeout.Kind == kclient.TimeoutNetsync {
			return "loading"
		}
		return "timeout"
	case errors.Is(err, bridge.ErrChatRoom):
		return "chat"
	case errors.Is(err, playback.ErrEnd):
		return "recordOver"
	case errors.Is(err, bridge.ErrShutdown), errors.Is(err, bridge.ErrDialogOver), errors.Is(err, kclient.ErrClosed):
		return "lost"
	}
	return text.Sanitise(err.Error())
}

// checkPlay ends the dialog's game when the client's is over: the emulator may not
// ask for a frame for long, or never again.
func (d *desk) checkPlay() {
	if g, ok := d.play.game.(*kclient.Game); ok && d.play.end != nil && g.Err() != nil {
		d.play.end(g.Err())
	}
}

func (d *desk) playerDropped(e kclient.PlayerDropped) {
	if !d.play.running() || d.play.tape != nil || slices.Contains(d.play.shown.Dropped, e.Player) {
		return
	}
	d.play.shown.Dropped = append(slices.Clone(d.play.shown.Dropped), e.Player)
	d.tell(d.play.shown)
	if e.Player != d.play.shown.Player {
		d.dialog.ClientDropped(e.User, e.Player)
	}
}

// sample measures the half second that has passed.
func (d *desk) sample() {
	p := &d.play
	if !p.running() {
		return
	}
	d.checkPlay()
	at := time.Now()
	passed := at.Sub(p.at).Seconds()
	if passed < beat.Seconds()/4 {
		return
	}
	s := p.game.Stats()
	m := message.Sample{At: at.UnixMilli(), Frames: s.Frames, Rate: float64(s.Frames-p.before.Frames) / passed,
		Ping:   ms(s.Ping),
		Stalls: s.Stalls - p.before.Stalls, Stall: ms(s.Stall - p.before.Stall), Resends: s.Resends - p.before.Resends,
		BytesIn:  int(float64(s.BytesReceived-p.before.BytesReceived) / passed),
		BytesOut: int(float64(s.BytesSent-p.before.BytesSent) / passed),
	}
	for i := range s.WaitedFor {
		if s.WaitedFor[i] > p.before.WaitedFor[i] {
			m.StalledBy = append(m.StalledBy, i+1)
		}
	}
	if len(m.StalledBy) == 0 && s.SilentStall > p.before.SilentStall {
		m.StalledBy = []int{0}
	}
	if behind, ok := p.game.(interface{ Behind() int }); ok {
		m.Behind = behind.Behind()
	}
	if p.links != nil {
		// Nobody says what was lost. Datagrams of ours that had to be repeated are the
		// nearest to it.
		l := p.links()
		if sent := l.DatagramsSent - p.link.DatagramsSent; sent > 0 {
			m.Lost = 100 * float64(l.Resends-p.link.Resends) / float64(sent)
		}
		p.link = l
	}
	p.before, p.at = s, at
	if p.shown.State == playNetsync && s.Frames > 0 {
		p.shown.State = playPlaying
		d.tell(p.shown)
	}
	if p.tape != nil {
		d.showTape()
	}
	p.keep(m)
	d.tell(message.Sampled{Sample: m})
}

// keep remembers a sample for pages that come later: all of a short game, every
// second, fourth … of a long one.
func (p *playing) keep(m message.Sample) {
	if p.counted++; p.counted%p.thin != 0 {
		return
	}
	if len(p.samples) >= maxSamples {
		kept := p.samples[:0]
		for i, s := range p.samples {
			if i%2 == 0 {
				kept = append(kept, s)
			}
		}
		p.samples = kept
		p.thin *= 2
	}
	p.samples = append(p.samples, m)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// listRecords looks at the recordings.
func (d *desk) listRecords() {
	folder := recordFolder(d.dialog, d.folder, d.settings.Get().RecordFolder)
	list, err := d.lobby.shelf.List(folder)
	if err != nil {
		d.log.Warn("the recordings cannot be listed", "err", err)
	}
	cs := d.charset()
	text := func(raw string) string { return text.Sanitise(cs.Decode(raw)) }
	d.records = message.Records{}
	for _, a := range list {
		r := message.Record{File: a.File, Game: text(a.Header.Game), Emulator: text(a.Header.App),
			At: a.Time().UnixMilli(), Player: a.Header.Player,
			Frames: a.Frames, Length: int64(a.Frames) * 1000 / playback.FramesPerSecond, Bytes: a.Bytes,
			Problem: a.Problem}
		for i := range a.Header.Players {
			name := ""
			if i < len(a.Header.Names) {
				name = text(a.Header.Names[i])
			}
			if name == "" {
				name = fmt.Sprintf("player %d", i+1)
			}
			r.Players = append(r.Players, name)
		}
		_, r.Have = d.emulator.Find(r.Game)
		r.Same = r.Emulator == d.emulator.Name
		d.records.List = append(d.records.List, r)
	}
}

// deleteRecord removes a recording, unless it is being played.
func (d *desk) deleteRecord(file string) *message.Problem {
	if d.play.tape != nil && d.play.running() && d.play.shown.Record == file {
		return problem("busy", "")
	}
	if err := playback.Delete(recordFolder(d.dialog, d.folder, d.settings.Get().RecordFolder), file); err != nil {
		return problem("file", text.Sanitise(err.Error()))
	}
	d.listRecords()
	d.tell(d.records)
	return nil
}

// playRecord plays a recording through the emulator.
func (d *desk) playRecord(file string) *message.Problem {
	if d.busy() {
		return problem("busy", "")
	}
	path, err := playback.Path(recordFolder(d.dialog, d.folder, d.settings.Get().RecordFolder), file)
	if err != nil {
		return problem("file", text.Sanitise(err.Error()))
	}
	cs := d.charset()
	clean := func(raw string) string { return text.Sanitise(cs.Decode(raw)) }
	tape, err := playback.Open(path, func(e playback.Event) {
		d.put(d.ctx, func() { d.taped(clean(e.Nick), clean(e.Text), e.Player) })
	})
	if err != nil {
		return problem("file", text.Sanitise(err.Error()))
	}
	h := tape.Header()
	entry, ok := d.emulator.Find(clean(h.Game))
	if !ok {
		_ = tape.Close()
		return problem("game", clean(h.Game))
	}
	var names []string
	for i := range h.Players {
		names = append(names, fmt.Sprintf("player %d", i+1))
		if i < len(h.Names) && h.Names[i] != "" {
			names[i] = clean(h.Names[i])
		}
	}
	d.play = playing{game: tape, tape: tape, shown: message.Play{State: playPlaying, Game: entry.Name, Player: h.Player,
		Players:    names,
		FrameDelay: tape.FrameDelay(), Start: now(), Record: filepath.Base(path), Playback: true, Speed: 1,
		Length: tape.Frames()}}
	d.start(bridge.Match{Game: tape, Name: entry, Charset: cs, Players: names}, func() { _ = tape.Close() })
	return nil
}

// taped is a chat line or a drop of the recording.
func (d *desk) taped(nick, line string, player int) {
	if d.play.tape == nil || !d.play.running() {
		return
	}
	if player > 0 {
		d.say(message.Line{Where: "room", Kind: "drop", From: nick})
		d.dialog.ClientDropped(nick, player)
		return
	}
	d.say(message.Line{Where: "room", Kind: "chat", From: nick, Text: line})
	d.dialog.Chat(nick, line)
}

// steer is the page's Playback.
func (d *desk) steer(m message.Playback) *message.Problem {
	tape := d.play.tape
	if tape == nil || !d.play.running() {
		return problem("state", "")
	}
	if m.Paused != nil {
		tape.Pause(*m.Paused)
	}
	if m.Speed != nil {
		tape.Speed(*m.Speed)
	}
	var wrong *message.Problem
	if m.Seek != nil {
		if err := tape.Seek(*m.Seek); err != nil {
			wrong = problem("backward", "")
		}
	}
	d.showTape()
	return wrong
}

func (d *desk) showTape() {
	paused, speed := d.play.tape.State()
	if paused != d.play.shown.Paused || speed != d.play.shown.Speed {
		d.play.shown.Paused, d.play.shown.Speed = paused, speed
		d.tell(d.play.shown)
	}
}
