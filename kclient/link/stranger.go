package link

import (
	"errors"
	"hash/maphash"

	"kbridge/kclient/wire"
)

// A server that was restarted, or that has logged us out, takes what we repeat for the
// first words of a stranger. EmuLinkerSF has closed the port that it had given us and says nothing.
// EmuLinker-K, where everything comes to one port, takes our last messages as new and
// answers them from its own number 0 on: two 05 to our 06 of the login, "Chat Denied:
// Not logged in" to a line, the same and an 0B to a create; to game data nothing. Then it repeats these to our
// repeats, and where it has said nothing yet, its repeat is one byte, a bundle of no
// messages. So what comes is an answer of the session's only if it belongs to the
// session's numbers. (All seen with EmuLinker-K 1.0.2 and EmuLinkerSF 93.2.)

// ErrStranger is returned by [Link.Receive] for a datagram that an old server sends to
// somebody whom it does not know. It counts as nothing that the session has received;
// a copy that the network has delayed looks the same, so a few of them say nothing.
var ErrStranger = errors.New("link: the datagram belongs to no session of ours: it is old, or the server does not know us")

const (
	// remembered is how many of the server's last messages are compared with what
	// comes again under their numbers; EmuLinker repeats nine at most.
	remembered = 16

	// nearZero bounds the numbers of a stranger: one for each message of ours, in the
	// time that noticing takes.
	nearZero = 64
)

// checksum is one message of the server's, by number.
type checksum struct {
	after uint64 // its number, plus 1; 0 is none
	sum   uint64
}

// strangers is what tells another numbering from the session's.
type strangers struct {
	known  [remembered]checksum // of the session
	last   bool                 // the last datagram was a stranger's
	newest uint64               // its newest message's number on the wire
	sum    uint64               // and checksum; 0 when it may be one of the session's
}

var sumSeed = maphash.MakeSeed()

func sumOf(m wire.Message) uint64 { return maphash.Bytes(sumSeed, m.Body) ^ uint64(m.Type) | 1<<63 }

// noteStranger remembers what a bundle says, and reports whether it belongs to other numbers than the session's.
// Only an old server's is looked at: our own repeats what we have not proven to have, the newest last.
func (l *Link) noteStranger(bundle []wire.Message) bool {
	if l.server || l.watch.quiet == 0 {
		return false
	}
	s := &l.watch.strangers
	strange, ours := s.tell(&l.in, bundle)
	s.last = strange
	switch {
	case !strange:
		s.sum = 0
		for _, m := range bundle {
			if n := l.in.signed(m.Seq); n >= 0 {
				s.known[n%remembered] = checksum{uint64(n) + 1, sumOf(m)}
			}
		}
	case len(bundle) > 0 && !ours:
		s.newest, s.sum = uint64(bundle[0].Seq), sumOf(bundle[0])
	}
	return strange
}

// tell is whether a bundle is a stranger's, and whether its newest message is known to be one of the
// session's all the same, so that it is only late.
func (s *strangers) tell(in *inbox, bundle []wire.Message) (strange, ours bool) {
	newest, other, goesOn := int64(-1), false, false
	for i, m := range bundle {
		n, sum := in.signed(m.Seq), sumOf(m)
		newest = max(newest, n)
		if n >= 0 && s.known[n%remembered].after == uint64(n)+1 {
			same := s.known[n%remembered].sum == sum
			other = other || !same
			ours = ours || same && i == 0
		}
		goesOn = goesOn || s.sum == sum && s.newest == uint64(m.Seq)
	}
	switch next := int64(in.next); {
	case s.last && (other || goesOn):
		// It has counted up to our numbers, or beyond. Without what came before, two messages of one
		// number are no reason to throw a datagram away: one of them may be forged.
		return true, false
	case newest-next >= windowMessages:
		// In the second half of the 65,536 numbers 0 is not behind us but far ahead. (In the last 1,024
		// it looks like news; then a forgotten session is not noticed in this way.)
		return bundle[0].Seq < nearZero, false
	default:
		// EmuLinker's newest message is in each of its datagrams (EmuLinkerSF's two newest may stand in
		// the other order). Whoever fills a hole of ours is no stranger.
		return newest < next && newest+1 < int64(in.seen), ours
	}
}

// signed is the number of the message that a wire seq means; below 0 when that would be
// before the first.
func (in *inbox) signed(seq uint16) int64 {
	return int64(in.next) + int64(int16(seq-uint16(in.next)))
}
