package ext

import (
	"bytes"
	"encoding/binary"

	"kbridge/kclient/wire/internal/field"
)

// Four datagrams that are no bundles, between our own two ends. They begin with
// a letter, as HELLO does, where a bundle begins with its count.
var (
	movePrefix    = []byte("KBMOVE")
	callPrefix    = []byte("KBCALL")
	movedPrefix   = []byte("KBHERE")
	historyPrefix = []byte("KBHIST")
)

const (
	movedSize = 6 + TicketIDSize + 4 + proofSize
	moveSize  = movedSize + NonceSize
	callSize  = 6 + TicketIDSize + NonceSize
)

// IsExtension reports whether a datagram is one of ours.
func IsExtension(datagram []byte) bool { return bytes.HasPrefix(datagram, []byte("KB")) }

// Move is what a client sends that has not heard of its server for a while: the session is where this comes from, if
// Nonce is what the server has sent to that address in a Call. Otherwise it draws a Call, and nothing moves.
type Move struct {
	ID      [TicketIDSize]byte
	Counter uint32          // rises with each, so that a copy of an old one moves nothing
	Nonce   [NonceSize]byte // of the last Call; zero before the first one
}

// AppendMove appends the datagram, with the ticket's ID and proof.
func AppendMove(b []byte, t Ticket, counter uint32, nonce [NonceSize]byte) []byte {
	b = append(b, movePrefix...)
	b = append(b, t.ID[:]...)
	b = field.AppendU32(b, counter)
	b = append(b, nonce[:]...)
	return t.appendProof(b, string(movePrefix), b[len(b)-4-NonceSize:])
}

// ParseMove tells which session a Move is about. ProvesMove must follow.
func ParseMove(datagram []byte) (m Move, ok bool) {
	if len(datagram) != moveSize || !bytes.HasPrefix(datagram, movePrefix) {
		return m, false
	}
	b := datagram[6:]
	copy(m.ID[:], b)
	m.Counter = binary.LittleEndian.Uint32(b[TicketIDSize:])
	copy(m.Nonce[:], b[TicketIDSize+4:])
	return m, true
}

// ProvesMove reports whether a datagram that ParseMove took was written with the
// session's key.
func ProvesMove(datagram []byte, t Ticket) bool {
	const data, proof = 6 + TicketIDSize, moveSize - proofSize
	return len(datagram) == moveSize && t.proves(datagram[proof:], string(movePrefix), datagram[data:proof])
}

// AppendCall appends the server's answer to a Move from an address that has not proven that it hears the server, and
// its question whether a client is still there: the client sends a Move with this nonce. It is about half as long as a
// Move.
func AppendCall(b []byte, id [TicketIDSize]byte, nonce [NonceSize]byte) []byte {
	b = append(b, callPrefix...)
	b = append(b, id[:]...)
	return append(b, nonce[:]...)
}

// ParseCall reads what AppendCall wrote.
func ParseCall(datagram []byte) (id [TicketIDSize]byte, nonce [NonceSize]byte, ok bool) {
	if len(datagram) != callSize || !bytes.HasPrefix(datagram, callPrefix) {
		return id, nonce, false
	}
	copy(id[:], datagram[6:])
	copy(nonce[:], datagram[6+TicketIDSize:])
	return id, nonce, true
}

// AppendMoved appends the server's answer to a Move from where the session is.
func AppendMoved(b []byte, t Ticket, counter uint32) []byte {
	b = append(b, movedPrefix...)
	b = append(b, t.ID[:]...)
	b = field.AppendU32(b, counter)
	return t.appendProof(b, string(movedPrefix), b[len(b)-4:])
}

// ParseMoved reads the server's answer to one of the session's Moves, and tells which; false for anything that was not
// written with its key.
func ParseMoved(datagram []byte, t Ticket) (counter uint32, ok bool) {
	const data, proof = 6 + TicketIDSize, movedSize - proofSize
	if len(datagram) != movedSize || !bytes.HasPrefix(datagram, movedPrefix) || !bytes.Equal(datagram[6:data],
		t.ID[:]) {
		return 0, false
	}
	return binary.LittleEndian.Uint32(datagram[data:]), t.proves(datagram[proof:], string(movedPrefix),
		datagram[data:proof])
}

// MaxHistory is the most bytes of history in one datagram, so that it passes
// every usual path without fragments.
const MaxHistory = 1200

// HistoryRequest asks for a running game's frames so far: the bytes of the
// server's record of them from Offset on, in as many datagrams as Count says.
type HistoryRequest struct {
	ID     [TicketIDSize]byte
	Offset uint32 // bytes
	Count  uint8
}

// AppendTo appends the datagram.
func (r HistoryRequest) AppendTo(b []byte) []byte {
	b = append(b, historyPrefix...)
	b = append(b, r.ID[:]...)
	b = field.AppendU32(b, r.Offset)
	return append(b, r.Count)
}

// ParseHistoryRequest reads what HistoryRequest.AppendTo wrote.
func ParseHistoryRequest(datagram []byte) (r HistoryRequest, ok bool) {
	if len(datagram) != 6+TicketIDSize+4+1 || !bytes.HasPrefix(datagram, historyPrefix) {
		return r, false
	}
	b := datagram[6:]
	copy(r.ID[:], b)
	r.Offset = binary.LittleEndian.Uint32(b[TicketIDSize:])
	r.Count = b[TicketIDSize+4]
	return r, true
}

// History is a part of the server's record of a game. Total is its length now, in
// bytes, and Frames how many frames these are: the record grows while the game
// goes on.
type History struct {
	Offset, Total, Frames uint32
	Data                  []byte // at most MaxHistory; after parsing it aliases the datagram
}

// AppendTo appends the datagram.
func (h History) AppendTo(b []byte) []byte {
	b = append(b, historyPrefix...)
	b = field.AppendU32(b, h.Offset)
	b = field.AppendU32(b, h.Total)
	b = field.AppendU32(b, h.Frames)
	return append(b, h.Data[:min(len(h.Data), MaxHistory)]...)
}

// ParseHistory reads what History.AppendTo wrote; false if the numbers do not fit
// together.
func ParseHistory(datagram []byte) (h History, ok bool) {
	if len(datagram) < 6+12 || len(datagram) > 6+12+MaxHistory || !bytes.HasPrefix(datagram, historyPrefix) {
		return h, false
	}
	b := datagram[6:]
	h.Offset, h.Total, h.Frames = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]),
		binary.LittleEndian.Uint32(b[8:])
	h.Data = b[12:]
	return h, uint64(h.Offset)+uint64(len(h.Data)) <= uint64(h.Total)
}
