package link

import (
	"time"

	"kbridge/kclient/wire"
)

// Phase is what the session is doing; it decides how a silence is treated.
type Phase uint8

const (
	// Lobby is everything outside of a game: messages are rare, proofs are
	// answers, and an idle session sends nothing.
	Lobby Phase = iota
	// Netsync lasts from the start of a game to the first game data: emulators
	// load, and n02 waits without ever asking.
	Netsync
	// Play is the game: every frame proves something, and a lost datagram
	// stalls every player.
	Play
)

// Config describes our end of the session.
type Config struct {
	// Server is true when we are the server and the peer is a client. It
	// selects whose limits a datagram must keep, and who answers repeats.
	Server bool

	// First is the number of the peer's first message. Everybody counts from 0, but
	// for one captured client, which counts from 1.
	First uint16

	// Sent is how many messages of ours the peer has had already, before the link was made.
	Sent uint16

	// FromFirst drops what comes before the peer's first message: a server says no more before that one was answered,
	// so it was for the session that had our port before, through a socket or a router.
	FromFirst bool
}

// Stats counts since the link was made.
type Stats struct {
	DatagramsSent, DatagramsReceived int
	BytesSent, BytesReceived         int // UDP payload
	MessagesSent, MessagesReceived   int // each once
	Resends                          int // datagrams sent without a new message
	Repeats                          int // datagrams received without a new message
	Forgotten                        int // of our messages, given up unproven at the bounds
	Lost                             int // of the peer's messages, skipped because the peer no longer has them
	RTT, RTTVar                      time.Duration
}

// Link is one end of a session. See the package comment for how it is driven.
type Link struct {
	server    bool
	packs     bool // see Pack
	gather    int  // see Gather
	spares    bool // see Spare
	fromFirst bool
	most      int // see NextDatagramWithin; 0 is no bound
	lastFresh int // new messages in the last datagram that had any
	phase     Phase
	out       outbox
	in        inbox
	rtt       estimator
	stats     Stats

	sent     uint64    // messages before this one were in a datagram at least once
	lastSend time.Time // of any datagram
	lastNew  time.Time // when the last message was queued
	lastOld  time.Time // of a datagram that carried the oldest that the peer may lack, or a step towards the newest
	lastRecv time.Time

	resends int       // since the last news or proof, for the back-off
	copies  int       // further copies of the resend under way
	climb   uint64    // where the next resend of a long backlog starts
	asked   bool      // a datagram is owed to the peer: it repeats itself, or we miss something
	holed   time.Time // since when a message is missing; zero when none is
	gone    bool      // the peer has shown that it no longer has it
	farFrom time.Time // since when everything that comes is too far ahead
	far     int

	echo     bool // a copy of the last datagram is owed
	heard    listener
	watch    watch
	progress time.Time // when we last said something new, or had a proof

	games struct {
		seqs   [keepGames]uint64
		count  int // game messages sent in this game
		proven int
		pace   pacer
	}
}

// New returns a link in the Lobby phase; our direction starts with message 0.
func New(cfg Config, now time.Time) *Link {
	l := &Link{server: cfg.Server, fromFirst: cfg.FromFirst, lastRecv: now, lastSend: now, lastNew: now, lastOld: now}
	l.in.next, l.in.seen = uint64(cfg.First), uint64(cfg.First)
	sent := uint64(cfg.Sent)
	l.sent, l.climb = sent, sent
	l.out.next, l.out.first, l.out.proven, l.out.needed = sent, sent, sent, sent
	return l
}

// Stats returns the counters.
func (l *Link) Stats() Stats {
	s := l.stats
	s.Forgotten = int(l.out.forgotten)
	s.RTT, s.RTTVar = l.rtt.srtt, l.rtt.rttvar
	return s
}

// Phase returns what SetPhase set.
func (l *Link) Phase() Phase { return l.phase }

// SetPhase tells the link what the session is doing from now on. Netsync starts
// a new game: its game messages are counted from 1 again.
func (l *Link) SetPhase(now time.Time, p Phase) {
	if p == Netsync {
		l.games.count, l.games.proven = 0, 0
		l.games.pace.begin()
	}
	l.phase = p
	l.out.relax(p == Lobby)
	l.resends, l.copies = 0, 0
	l.lastNew = now
	l.watch.news()
}

// Pack lets several new messages of a game go out in one datagram, as a server's do: the peer is a server that
// takes all that are in one, as EmuLinker and ours do. direlera-rs takes one.
func (l *Link) Pack() { l.packs = true }

// Gather lets up to so many new messages go out in one datagram outside of a game: fewer bytes, for a peer to which few
// may be sent. 0 is one each.
func (l *Link) Gather(most int) { l.gather = most }

// Spare has [Link.NextDatagramWithin] repeat only as much as makes up for a lost datagram, for a peer that never proves
// anything.
func (l *Link) Spare(on bool) { l.spares = on }

// Overlap has the next datagram repeat the last so many messages, where Spare would leave them out.
func (l *Link) Overlap(n int) { l.lastFresh = n }

// Waiting is how many messages were never sent.
func (l *Link) Waiting() int { return int(l.out.next - l.sent) }

// RTT is the round trip, smoothed; 0 before anything was measured.
func (l *Link) RTT() time.Duration { return l.rtt.srtt }

// Heard records a sign of life that is no datagram of the link's own, such as one
// that moves the session to another address: what is outstanding is due again, if
// anything is. A client outside of a game whose silence was short has not spent its
// resends on a dead line, and goes on with those that it has left.
func (l *Link) Heard(now time.Time) {
	short := now.Sub(l.lastRecv) < longSilence
	l.lastRecv = now
	l.watch.unanswered = 0
	if !l.server && l.phase == Lobby && short {
		return
	}
	l.resends, l.copies = 0, 0
	l.asked = l.asked || l.out.needed > l.out.proven || !l.holed.IsZero()
}

// Moved is Heard from another address: what was under way to the one before is lost, so a long backlog is climbed from
// its start again.
func (l *Link) Moved(now time.Time) {
	l.climb = l.out.proven
	l.Heard(now)
}

// Resending reports whether something that the peer may lack will be sent again.
func (l *Link) Resending() bool {
	_, ok := l.resendAfter()
	return ok
}

// LastReceived is when the last well-formed datagram came.
func (l *Link) LastReceived() time.Time { return l.lastRecv }

// Unproven is how many of our messages the peer may still lack.
func (l *Link) Unproven() int { return l.out.unproven() }

// Held is how many bytes of memory the messages take that the peer may still lack, the few that are repeated for
// redundancy, and those of the peer's that wait for a missing one. A link bounds it, at about 1 MiB whatever the peer
// does, and takes no more than it needs.
func (l *Link) Held() int { return l.out.held() + l.in.held() }

// Proven reports whether the peer is known to have one of our last 65,536 messages.
func (l *Link) Proven(seq uint16) bool {
	back := uint16(l.out.next) - seq // 1 for the newest message
	return back > 0 && uint64(back) <= l.out.next && l.out.next-uint64(back) < l.out.proven
}

// OldestUnproven is when the oldest message that the peer may lack was first
// sent; ok is false when nothing is outstanding.
func (l *Link) OldestUnproven() (t time.Time, ok bool) {
	if l.out.unproven() == 0 || l.out.proven >= l.sent {
		return time.Time{}, false
	}
	return l.out.slot(l.out.proven).sent, true
}

// Send numbers a message and queues it; it is due at once. The body (the bytes
// after the type) is copied. It returns the message's seq for a later Prove.
func (l *Link) Send(now time.Time, t wire.Type, body []byte) uint16 {
	i := l.out.add(t, body)
	l.sent = max(l.sent, l.out.proven) // what was forgotten before it was sent
	l.stats.MessagesSent++
	l.lastNew, l.progress = now, now
	if t != wire.TypeKeepAlive { // its datagram carries what is outstanding; no more is worth it
		l.resends, l.copies = 0, 0
	}
	l.watch.news()
	return uint16(i)
}

// SendGame is Send for game data and game cache messages, which it counts for
// ProveGame.
func (l *Link) SendGame(now time.Time, t wire.Type, body []byte) uint16 {
	l.games.seqs[l.games.count%keepGames] = l.out.next
	l.games.count++
	l.games.pace.observe(now)
	return l.Send(now, t, body)
}

// Prove records that the peer has the message with this seq, and so every one
// before it. A seq that was not sent lately proves nothing.
func (l *Link) Prove(now time.Time, seq uint16) {
	back := uint16(l.out.next) - seq // 1 for the newest message
	if back == 0 || uint64(back) > l.out.next {
		return
	}
	l.prove(now, l.out.next-uint64(back))
}

// ProveGame records that the peer has our first m game messages of this game.
// Counts that were proven before, or beyond what was sent, prove nothing new.
func (l *Link) ProveGame(now time.Time, m int) {
	if m <= l.games.proven || m > l.games.count || m <= l.games.count-keepGames {
		return
	}
	l.games.proven = m
	l.prove(now, l.games.seqs[(m-1)%keepGames])
}

// prove marks message i and all before it as received.
func (l *Link) prove(now time.Time, i uint64) {
	if i < l.out.proven || i >= l.sent {
		return
	}
	// As in TCP, what was sent twice measures nothing; nor does netsync, where
	// an answer waits for the slowest emulator to load. In a server's lobby a later message
	// has carried this one along, and what it draws may answer both.
	again := l.resends > 0 || l.phase == Netsync || l.server && l.phase == Lobby && i+1 < l.sent
	if s := l.out.slot(i); !again {
		l.rtt.observe(now.Sub(s.sent))
	}
	l.out.prove(i + 1)
	l.out.relax(l.phase == Lobby)
	l.climb = max(l.climb, l.out.proven)
	l.resends, l.copies = 0, 0
	l.progress = now
}

// ObserveRTT feeds a round trip that was measured elsewhere, such as that of the
// handshake.
func (l *Link) ObserveRTT(d time.Duration) { l.rtt.observe(d) }

// Receive takes one datagram of the peer's. An error means that the datagram is
// malformed, or a stranger's ([ErrStranger]), and was dropped whole; the session is unharmed. The datagram must
// stay unchanged until Message has returned false.
func (l *Link) Receive(now time.Time, datagram []byte) error {
	parse := wire.ParseServerBundle
	if l.server {
		parse = wire.ParseBundle
	}
	bundle, err := parse(datagram, l.in.bundle[:0])
	l.in.bundle, l.in.left = bundle, 0
	if err != nil {
		if len(datagram) == 1 && datagram[0] == 0 && l.noteStranger(nil) {
			return ErrStranger
		}
		return err
	}
	if l.noteStranger(bundle) || l.early(bundle) {
		return ErrStranger
	}
	l.in.left = len(bundle)
	l.lastRecv = now
	l.stats.DatagramsReceived++
	l.stats.BytesReceived += len(datagram)
	fresh, far, jump := l.in.examine()
	l.watch.unanswered = 0
	switch {
	case fresh:
		l.far = 0
		l.watch.news()
		// What comes only after it was asked for leaves no gap in the numbers.
		asked := !l.server && l.resends > 0
		l.heard.news(now, jump || asked, l.games.pace.mean)
	case far:
		l.receiveFar(now)
	default:
		l.stats.Repeats++
		if !l.holed.IsZero() && l.in.oldest() > l.in.next && now.Sub(l.heard.last) >= lateRepeat {
			l.gone = true
		}
		l.watch.answered(now.Sub(l.heard.last))
		// A peer that repeats itself lacks something of ours. Only servers
		// answer at once, as deployed ones do; a client that answered too
		// would keep the two talking for ever. In a game what comes right after news
		// is a copy of it.
		if copied := l.heard.repeat(now); l.server && (l.phase != Play || !copied) {
			l.asked = true
		}
	}
	return nil
}

// early reports whether a bundle comes before the session's first message, see FromFirst.
func (l *Link) early(bundle []wire.Message) bool {
	return l.fromFirst && l.in.most == 0 && bundle[len(bundle)-1].Seq != uint16(l.in.next)
}

// receiveFar handles news beyond the window. A server that goes on there has
// thrown the messages between away, so a client follows after a while; a client
// that jumps is not followed.
func (l *Link) receiveFar(now time.Time) {
	if l.far == 0 {
		l.farFrom = now
	}
	l.far++
	if l.server || l.far < farMessages || now.Sub(l.farFrom) < farPatience {
		l.in.left = 0
		return
	}
	l.far = 0
	l.stats.Lost += l.in.follow()
}

// NextType is the type of what NextMessage would return, ok is false when that is nothing. NextMessage follows.
func (l *Link) NextType() (t wire.Type, ok bool) { return l.in.peek() }

// Keep keeps the messages of the last datagram that NextMessage has not returned, for later. Otherwise they are valid
// as long as the datagram.
func (l *Link) Keep() { l.in.keep() }

// NextMessage takes the next message in order. Its Body is valid until the next
// call of Message or Receive.
func (l *Link) NextMessage() (wire.Message, bool) {
	m, ok := l.in.take()
	switch {
	case ok:
		l.stats.MessagesReceived++
		l.holed, l.gone = time.Time{}, false // a hole behind it is another one
	case l.in.waiting == 0:
		l.holed, l.gone = time.Time{}, false
	default:
		l.gone = l.gone || l.in.seen-l.in.next > uint64(max(l.in.most, mostRepeated))
		if l.holed.IsZero() {
			l.holed = l.lastRecv
			l.asked = l.asked || !l.server
		}
	}
	return m, ok
}

// Hole tells since when a message of the peer's is missing while later ones are
// there; ok is false when none is.
func (l *Link) Hole() (since time.Time, ok bool) { return l.holed, !l.holed.IsZero() }

// Gone reports whether a classic client has shown that it no longer has the missing message:
// it is further back than such clients ever repeat, or the client repeats itself, as it does only
// while it waits, without it. What the network has delayed may still come. A peer that
// keeps what is not proven, as our own link does, never shows that.
func (l *Link) Gone() bool { return l.gone }

// Skip gives up the missing messages, for a peer that no longer has them, and
// returns how many are lost. Message then goes on behind them.
func (l *Link) Skip() int {
	n := l.in.skip()
	l.stats.Lost += n
	l.holed, l.gone = time.Time{}, false
	return n
}
