package kclient

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"

	"kbridge/kclient/guard"
	"kbridge/kclient/link"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
	"kbridge/kclient/wire/ext"
)

const (
	// lostPatience is how long a hole in the server's messages may last while
	// ours are repeated, before they count as thrown away. EmuLinker answers
	// repeats at most once a second, so it has been asked several times.
	lostPatience = 6 * time.Second
	// deadAfter is how long a server may say nothing at all, although it is
	// sent PING, before the session counts as dead: EmuLinker's keep-alive.
	deadAfter = 190 * time.Second
)

// session is what Client, Room and Game share. One goroutine (run) reads the
// socket and owns the timers; everybody else takes the lock, queues a message and
// flushes.
type session struct {
	conn    PacketConn
	query   netip.AddrPort // where HELLO went; answers PING
	server  netip.AddrPort // where the session runs
	cfg     Config
	charset text.Charset
	log     *slog.Logger
	faults  *guard.Reporter
	done    chan struct{} // closed when err is set

	mu      sync.Mutex // guards everything below
	link    *link.Link
	out     []byte    // datagram under construction
	body    []byte    // message body under construction
	lost    int       // messages of the server's, reported
	armed   time.Time // the read deadline that is in force
	spoke   time.Time // when we last said something new: EmuLinker's keep-alive takes no repeat for a sign of life
	pinged  time.Time // when PING was last sent to the query port
	ponged  time.Time
	vigil   vigil
	closed  refusals // of the session's port
	trouble trouble
	said    []saidLine // chat of ours that is not known to have arrived
	talk    talk
	err     error // why the session ended
	events  eventQueue
	login   loginState
	lobby   lobbyState
	wait    [requestKinds]*request
	room    *Room
	back    *Room // that Config.Comeback led into
	ticket  ticketState
	// emuLinker: the server has spoken as EmuLinker does.
	emuLinker bool
}

// run reads datagrams and serves the timers until the session ends.
func (s *session) run() {
	buf := make([]byte, maxRead)
	for {
		pause, goesOn := s.turn(buf)
		if !goesOn {
			return
		}
		if pause > 0 {
			time.Sleep(pause)
		}
	}
}

// turn is one round of run: what came, and what is due. It reports whether the session goes on, and after what pause.
func (s *session) turn(buf []byte) (pause time.Duration, goesOn bool) {
	n, from, err := s.read(buf)
	now := time.Now()
	s.mu.Lock()
	defer s.release(nil)
	switch {
	case s.err != nil:
	case err == nil:
		s.trouble.reads = 0
		s.receiveLocked(now, buf[:n], unmap(from))
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.armed = time.Time{}
		s.trouble.reads = 0
	case errors.Is(err, net.ErrClosed):
		s.endLocked(ErrClosed)
	case guard.Of(err) != nil:
		s.failLocked(guard.Of(err))
	default:
		// Windows' reports of closed ports do not say whose: the time-outs decide.
		s.refusedLocked(now, err)
		pause = s.unreadableLocked(err)
	}
	if s.err == nil {
		s.tickLocked(now)
	}
	if s.err == nil {
		s.flushLocked(now)
	}
	return pause, s.err == nil
}

// unreadableLocked takes a read that failed and returns how long to pause before the next one.
func (s *session) unreadableLocked(err error) time.Duration {
	pause, ok := s.trouble.readFailed(err)
	switch {
	case !ok:
		s.endLocked(fmt.Errorf("kclient: nothing can be received from %v any more: %w", s.server, err))
	case s.trouble.reads == 1:
		s.log.Warn("cannot receive", "server", s.server, "err", err)
	}
	return pause
}

// read waits for a datagram. A panic of the socket's is an error.
func (s *session) read(buf []byte) (n int, from netip.AddrPort, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, guard.New("kclient: read", v)
		}
	}()
	return s.conn.ReadFromUDPAddrPort(buf)
}

// receiveLocked takes one datagram. Only the server's own address and port are
// listened to; the query port is asked for nothing but PONG.
func (s *session) receiveLocked(now time.Time, datagram []byte, from netip.AddrPort) {
	if from != s.server {
		if from == s.query && wire.IsPong(datagram) {
			s.pongLocked(now)
		}
		return
	}
	s.closed = refusals{}
	if wire.IsPong(datagram) {
		s.pongLocked(now)
		return
	}
	last := s.link.LastReceived()
	if ext.IsExtension(datagram) {
		if g := s.gameLocked(); g != nil {
			g.heardLocked(now, last)
		}
		s.extensionLocked(now, datagram)
		return
	}
	if err := s.link.Receive(now, datagram); err != nil {
		if errors.Is(err, link.ErrStranger) {
			s.strangerLocked(now)
		}
		return // one malformed datagram harms nothing but itself
	}
	if g := s.gameLocked(); g != nil {
		g.heardLocked(now, last)
	}
	s.vigil.pongs = 0
	s.lostLocked(now)
	for {
		m, ok := s.link.NextMessage()
		if !ok {
			break
		}
		s.messageLocked(now, m)
		if s.err != nil {
			return
		}
	}
}

// lostLocked reports messages that were given up since the last time: after a
// hole that stayed, or because the server went on far beyond what we have.
func (s *session) lostLocked(now time.Time) {
	n := s.link.Stats().Lost - s.lost
	if n == 0 {
		return
	}
	s.lost += n
	s.log.Warn("messages lost", "count", n)
	s.events.push(MessagesLost{n})
	if g := s.gameLocked(); g != nil {
		g.dropLocked(now, ErrLost) // or the others would wait for us
	}
}

// tickLocked does what is due by time alone.
func (s *session) tickLocked(now time.Time) {
	if since, ok := s.link.Hole(); ok && now.Sub(since) >= lostPatience {
		s.link.Skip()
		s.lostLocked(now)
		for {
			m, ok := s.link.NextMessage()
			if !ok {
				break
			}
			s.messageLocked(now, m)
		}
	}
	if g := s.gameLocked(); g != nil {
		g.tickLocked(now)
	}
	s.moveLocked(now)
	s.arrivedLocked()
	s.talkOnLocked(now)
	if !s.vigilLocked(now) || !s.closedPortLocked(now) {
		return
	}
	if now.Sub(s.spoke) >= s.cfg.KeepAlive {
		s.sendLocked(now, wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(s.body[:0]))
	}
	heard := s.heardLocked()
	if now.Sub(heard) >= deadAfter {
		s.endLocked(&TimeoutError{Waiting: "any sign of life", Server: s.server.String(), After: now.Sub(heard),
			Cause: s.trouble.send})
		return
	}
	if now.Sub(heard) >= s.cfg.KeepAlive && now.Sub(s.pinged) >= s.cfg.KeepAlive/4 {
		s.pinged = now
		s.writeLocked(wire.AppendPing(s.body[:0]), s.query)
	}
}

// heardLocked is when the server last gave a sign of life.
func (s *session) heardLocked() time.Time {
	return later(s.link.LastReceived(), s.ponged)
}

// deadlineLocked is when tickLocked or flushLocked has something to do.
func (s *session) deadlineLocked() time.Time {
	t := s.spoke.Add(s.cfg.KeepAlive)
	heard := s.heardLocked()
	t = earlier(t, earlier(heard.Add(deadAfter), later(heard.Add(s.cfg.KeepAlive), s.pinged.Add(s.cfg.KeepAlive/4))))
	if n := s.link.Next(); !n.IsZero() {
		t = earlier(t, n)
	}
	if since, ok := s.link.Hole(); ok {
		t = earlier(t, since.Add(lostPatience))
	}
	if at := s.moveAtLocked(); !at.IsZero() {
		t = earlier(t, at)
	}
	if at := s.pingAtLocked(); !at.IsZero() {
		t = earlier(t, at)
	}
	if at := s.talkAtLocked(); !at.IsZero() {
		t = earlier(t, at)
	}
	if at := s.closed.next(); !at.IsZero() {
		t = earlier(t, at)
	}
	if g := s.gameLocked(); g != nil {
		if d := g.deadlineLocked(); !d.IsZero() {
			t = earlier(t, d)
		}
		if at, ok := g.fetchAtLocked(); ok {
			t = earlier(t, at)
		}
	}
	return t
}

// sendLocked queues a message; flushLocked sends it.
func (s *session) sendLocked(now time.Time, t wire.Type, body []byte) uint16 {
	s.body = body[:0]
	s.spoke = now
	return s.link.Send(now, t, body)
}

// flushLocked sends what is due and sets the read deadline to when something is
// due next. A deadline that is too early costs one wake-up, so it is moved only
// when it must come earlier: that keeps it off the path of every frame.
func (s *session) flushLocked(now time.Time) {
	for {
		s.out = s.link.NextDatagram(now, s.out)
		if len(s.out) == 0 {
			break
		}
		s.writeLocked(s.out, s.server)
	}
	if next := s.deadlineLocked(); s.armed.IsZero() || next.Before(s.armed) {
		s.armed = next
		s.conn.SetReadDeadline(next)
	}
}

// writeLocked sends a datagram. What cannot be sent counts as lost on the way;
// the link repeats it.
func (s *session) writeLocked(b []byte, to netip.AddrPort) {
	_, err := s.conn.WriteToUDPAddrPort(b, to)
	if err != nil && (s.refusedLocked(time.Now(), err) || errors.Is(err, net.ErrClosed)) {
		return
	}
	if (err != nil || s.trouble.send != nil) && s.trouble.sent(time.Now(), err) {
		s.log.Warn("cannot send", "to", to, "err", err)
	}
}

// endLocked ends the session once and wakes everybody.
func (s *session) endLocked(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	s.log.Info("session ended", "server", s.server.String(), "reason", err)
	if s.room != nil {
		s.room.endLocked(time.Now(), err)
	}
	for i := range s.wait {
		s.answerLocked(requestKind(i), err)
	}
	if errors.Is(err, ErrClosed) {
		err = nil
	}
	s.chatLostLocked()
	s.events.push(Disconnected{err})
	close(s.done)
	if fault := guard.Of(guard.Try("kclient: close", s.conn.Close)); fault != nil {
		s.faults.Report(fault)
	}
}

func (s *session) gameLocked() *Game {
	if s.room == nil || s.room.game == nil || s.room.game.err != nil {
		return nil
	}
	return s.room.game
}

// text makes the wire's bytes fit for a user interface.
func (s *session) text(raw string) string { return text.Sanitise(s.charset.Decode(raw)) }

// lineText is text for room chat, in which a mark of data stays.
func (s *session) lineText(raw string) string {
	mark, rest := wire.CutDataMark(raw)
	return mark + s.text(rest)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
