package link

import (
	"time"

	"kbridge/kclient/wire"
)

// NextDatagram writes the next datagram that is due into buf[:0] and returns it; an
// empty result means that nothing is due now. buf should have room for
// wire.MaxDatagram bytes, a single larger message makes it grow.
func (l *Link) NextDatagram(now time.Time, buf []byte) []byte {
	buf = buf[:0]
	switch {
	case l.sent < l.out.next && (l.most > 0 || !l.starves(now)):
		end := l.newEnd()
		for l.most > 0 && l.leastSize(l.tail(end), end) > l.most {
			if end--; end == l.sent {
				return buf
			}
		}
		buf = l.appendNew(now, buf, end)
		if l.out.proven+l.maxCount() >= l.sent {
			l.lastOld = now // it carries everything
		}
		l.echo = l.owesCopy(now)
		l.asked = l.asked && l.steps() > 1 // it carries everything that is outstanding
	case l.most > 0 && !l.fitsResend(now):
		return buf
	case l.copies > 0:
		l.copies--
		buf = l.appendResend(buf)
	case l.echo && !now.Before(l.lastSend.Add(copyAfter)):
		l.echo = false
		buf = l.appendResend(buf)
	case l.resendDue(now):
		l.lastOld = now
		l.copies = l.furtherCopies(now)
		l.resends++
		l.asked, l.echo = false, l.owesCopy(now)
		buf = l.appendResend(buf)
	case l.watchDue(now):
		buf = l.appendAsk(buf)
	default:
		return buf
	}
	l.lastSend = now
	l.stats.DatagramsSent++
	l.stats.BytesSent += len(buf)
	return buf
}

// Next returns when Datagram will have something to send although nothing new
// was queued; zero means never.
func (l *Link) Next() time.Time {
	at := l.resendAt()
	if w := l.watchAt(); !w.IsZero() {
		at = sooner(at, w)
	}
	return at
}

// resendAt is Next without what is only asked of a quiet server.
func (l *Link) resendAt() time.Time {
	if l.sent < l.out.next || l.copies > 0 {
		return l.lastNew
	}
	var at time.Time
	if w, ok := l.resendAfter(); ok {
		at = l.lastSend.Add(w)
	}
	if l.asked && l.out.next > l.out.first {
		at = sooner(at, l.lastSend.Add(l.answerAfter()))
	}
	if l.echo {
		at = sooner(at, l.lastSend.Add(copyAfter))
	}
	return at
}

// sooner is the earlier one of two times; zero is never.
func sooner(at, t time.Time) time.Time {
	if at.IsZero() || t.Before(at) {
		return t
	}
	return at
}

// starves reports whether a resend is due although there is something new: what is new goes along with the newest
// messages only, and so many of them may come, as lines of chat do, that the oldest that the peer lacks would never go
// out.
func (l *Link) starves(now time.Time) bool {
	w, ok := l.resendAfter()
	return ok && !now.Before(l.lastOld.Add(w)) && l.left(now)
}

// left reports whether the oldest that the peer may lack is so far back that new messages do not carry it along, and
// has not been proven for longer than it takes to ask for that.
func (l *Link) left(now time.Time) bool {
	if l.sent-min(l.out.proven, l.sent) <= l.maxWhole() {
		return false
	}
	after := 2 * l.rtt.wait() // frames prove
	if l.phase != Play {
		after += leftAfter
	}
	return now.Sub(l.out.slot(l.out.proven).sent) > after
}

func (l *Link) resendDue(now time.Time) bool { return isDue(l.resendAt(), now) }

func (l *Link) watchDue(now time.Time) bool { return isDue(l.watchAt(), now) }

func isDue(at, now time.Time) bool { return !at.IsZero() && !now.Before(at) }

// resendAfter is how long to stay silent before what the peer may lack is sent
// again; false means for ever.
func (l *Link) resendAfter() (time.Duration, bool) {
	if l.out.next == l.out.first {
		return 0, false // there is nothing to repeat, whatever the peer misses
	}
	outstanding := l.out.unproven() > 0
	switch l.phase {
	case Netsync:
		return netsyncRepeat, outstanding || l.server
	case Play:
		if !outstanding && l.holed.IsZero() {
			return 0, false
		}
		return l.backOff(l.playWait()), true
	}
	if l.out.needed <= l.out.proven && l.holed.IsZero() {
		return 0, false
	}
	// A long backlog is climbed in steps; every round of steps waits longer than
	// the one before it.
	steps := l.steps()
	if l.resends >= lobbyResends*steps {
		return 0, false
	}
	w := max(l.rtt.wait(), minLobbyWait)
	if l.resends%steps == 0 {
		for range l.resends / steps {
			w = min(w+w/2, maxLobbyWait)
		}
	}
	return min(w, maxLobbyWait), true
}

// answerAfter is the least time between two datagrams when the peer's datagrams
// show that one side lacks something. In a game it is short, but it grows while
// answers change nothing, so that replayed datagrams draw no flood. At a slower pace a
// server's round trips hold the wait for the client's next batch and say nothing about the
// line; there only what is as good as a copy of the last datagram is not answered.
func (l *Link) answerAfter() time.Duration {
	if l.phase == Play {
		w := l.rtt.srtt / 2
		if l.server && l.games.pace.mean >= everyFrame {
			w = min(w, copySpread)
		}
		return l.backOff(max(min(w, maxPlayWait), minPlayWait))
	}
	return answerGap
}

// furtherCopies is how many datagrams follow the first one of a resend. A backlog
// that needs several to a client gets several, so that it is climbed at once, and so
// does one of messages as large as a datagram. And direlera-rs applies
// only the one message of a datagram that it expects next, so a server that
// still lacks something after one copy is sent one copy per missing message, up
// to four. Outside of play it is one step at a time, unless what is new comes faster than that.
func (l *Link) furtherCopies(now time.Time) int {
	if l.phase != Play {
		if l.left(now) && now.Sub(l.lastNew) < minLobbyWait {
			return min(l.steps(), maxCopies) - 1
		}
		return 0
	}
	n := max(l.out.bytes/maxDatagram, l.steps()-1)
	if !l.server && l.inVain() {
		n = max(n, min(l.resends, l.out.unproven()-1))
	}
	return max(min(n, maxCopies-1), 0)
}

// steps is how many datagrams it takes to carry everything that the peer may
// lack, if bytes allow.
func (l *Link) steps() int {
	whole := int(l.maxWhole())
	return max((l.out.unproven()+whole-1)/whole, 1)
}

// maxWhole is how many messages a resend may carry so that this peer takes them,
// wherever in them it stands.
func (l *Link) maxWhole() uint64 {
	if l.server {
		return aheadForClient
	}
	return maxToServer
}

// maxCount is the largest number of messages in one datagram to this peer.
func (l *Link) maxCount() uint64 {
	if l.server {
		return maxToClient
	}
	return maxToServer
}

// newEnd is the end of the messages that go out new. One per datagram is all that n02 handles while it
// waits in netsync and all that direlera-rs ever applies; only a server's game
// data, after a stall, goes out together, and what Pack or Gather was called for.
func (l *Link) newEnd() uint64 {
	end := l.sent + 1
	together := uint64(1)
	switch {
	case (l.server || l.packs) && l.phase == Play:
		// Nine and not more, so that the datagram fits in what n02 accepts,
		// and only as long as they need no second datagram.
		together = aheadForClient
	case l.phase == Lobby:
		together = uint64(l.gather)
	}
	size := 1 + l.out.cost(l.sent)
	for end < l.out.next && end < l.sent+together && size+l.out.cost(end) <= maxDatagram {
		size += l.out.cost(end)
		end++
	}
	return end
}

// appendNew packs the messages that were never sent up to end, with what the peer may
// lack before them.
func (l *Link) appendNew(now time.Time, buf []byte, end uint64) []byte {
	from := l.tail(end)
	if l.most > 0 && l.phase != Play {
		from = l.least(from, end)
	}
	l.lastFresh = int(end - l.sent)
	for ; l.sent < end; l.sent++ {
		l.out.slot(l.sent).sent = now
	}
	return l.appendRange(buf, from, end)
}

// NextDatagramWithin is NextDatagram for a peer to which no more than so many bytes may be sent, above 0. It repeats no
// more than it must with what is new; where that is not enough either it returns nothing, and nothing has changed.
func (l *Link) NextDatagramWithin(now time.Time, buf []byte, most int) []byte {
	l.most = most
	buf = l.NextDatagram(now, buf)
	l.most = 0
	return buf
}

// Cost is the least size of a datagram that carries what was never sent and one more message with a body of so many
// bytes.
func (l *Link) Cost(body int) int {
	size := wire.MessageHeaderSize + body
	if l.out.next == l.out.first {
		return 1 + size
	}
	return l.leastSize(l.tail(l.out.next), l.out.next) + size
}

// least is the oldest message that a datagram which ends before end must repeat where bytes are few: all that it would;
// of a game one. For a peer that never proves anything, so many before the new ones as were new in the one before it,
// which may be lost, and two at least.
func (l *Link) least(from, end uint64) uint64 {
	n := uint64(leastInPlay)
	switch {
	case l.phase == Play:
	case !l.spares:
		return from
	default:
		n = max(uint64(l.lastFresh), leastRepeated-1)
	}
	n += end - min(l.sent, end)
	return max(from, end-min(n, end))
}

// leastSize is the size of a datagram that ends before end and repeats no more than it must.
func (l *Link) leastSize(from, end uint64) int {
	from = l.least(from, end)
	size := 1 + l.out.cost(end-1)
	for i := end - 1; i > from && size+l.out.cost(i-1) <= maxDatagram; i-- {
		size += l.out.cost(i - 1)
	}
	return size
}

// fitsResend reports whether what would be sent again is within what may be sent.
func (l *Link) fitsResend(now time.Time) bool {
	if l.out.next == l.out.first {
		return true // nothing will be
	}
	from, end, _ := l.resendRange()
	return l.leastSize(from, end) <= l.most
}

// tail is where a datagram that ends before end starts: at the first unproven
// message, with the usual redundancy at least.
func (l *Link) tail(end uint64) uint64 {
	want := max(end-min(l.out.proven, end), usualRedundancy)
	want = min(want, l.maxCount(), end-l.out.first)
	return end - want
}

// appendAsk packs our last datagram again, whatever may be outstanding: it asks, and it
// carries the keep-alive, which EmuLinker must have within 190 s. Nothing proves keep-alives, so
// hours of them are a backlog that a resend would climb instead.
func (l *Link) appendAsk(buf []byte) []byte {
	l.stats.Resends++
	l.watch.repeated()
	return l.appendRange(buf, l.tail(l.sent), l.sent)
}

// appendResend packs what was sent already. A backlog that is longer than a
// client accepts is climbed from its start in steps of nine: the client takes or
// ignores each datagram as a whole, and never sees a hole, because each goes
// back over nine messages, or to the first that is not proven.
func (l *Link) appendResend(buf []byte) []byte {
	l.stats.Resends++
	l.watch.repeated()
	from, end, climb := l.resendRange()
	l.climb = climb
	return l.appendRange(buf, from, end)
}

// resendRange is what the next resend carries, and where the one after it starts.
func (l *Link) resendRange() (from, end, climb uint64) {
	unproven := uint64(l.out.unproven())
	from = l.tail(l.sent)
	if unproven == 0 || unproven <= l.maxWhole() && l.fits(from, l.sent) == l.sent {
		return from, l.sent, l.out.proven
	}
	climb = l.climb
	if climb < l.out.proven || climb >= l.sent {
		climb = l.out.proven
	}
	end = l.fits(climb, min(climb+aheadForClient, l.sent))
	return max(end-min(end, l.maxWhole()), l.out.proven), end, end
}

// fits returns the largest end so that from..end stays within a datagram's size;
// one message always does.
func (l *Link) fits(from, end uint64) uint64 {
	size := 1
	for i := from; i < end; i++ {
		size += l.out.cost(i)
		if size > maxDatagram && i > from {
			return i
		}
	}
	return end
}

// appendRange packs the messages from..end-1, newest first, leaving out the
// oldest ones that do not fit.
func (l *Link) appendRange(buf []byte, from, end uint64) []byte {
	size := 1 + l.out.cost(end-1)
	start := end - 1
	limit := maxDatagram
	if l.most > 0 {
		limit = min(limit, l.most)
	}
	for start > from && size+l.out.cost(start-1) <= limit {
		start--
		size += l.out.cost(start)
	}
	buf = wire.AppendBundleHeader(buf, int(end-start))
	for i := end; i > start; i-- {
		buf = wire.AppendMessage(buf, uint16(i-1), l.out.slot(i-1).typ, l.out.body(i-1))
	}
	return buf
}
