package wire

import (
	"bytes"
	"encoding/binary"
)

// Three datagrams that are no bundles, between our own two ends. They begin with
// a letter, as HELLO does, where a bundle begins with its count.
var (
	movePrefix    = []byte("KBMOVE")
	movedPrefix   = []byte("KBHERE")
	historyPrefix = []byte("KBHIST")
)

const moveSize = 6 + TicketIDSize + 4 + proofSize

// IsExtension reports whether a datagram is one of ours.
func IsExtension(datagram []byte) bool { return bytes.HasPrefix(datagram, []byte("KB")) }

// AppendMove appends the datagram of a client that has not heard of its server
// for a while: whatever address it comes from, the session is there from now on.
// counter rises with each, so that a copy of an old one moves nothing.
func AppendMove(b []byte, t Ticket, counter uint32) []byte {
	return t.appendMove(b, movePrefix, counter)
}

// AppendMoved appends the server's answer to a Move.
func AppendMoved(b []byte, t Ticket, counter uint32) []byte {
	return t.appendMove(b, movedPrefix, counter)
}

func (t Ticket) appendMove(b, prefix []byte, counter uint32) []byte {
	b = append(b, prefix...)
	b = append(b, t.ID[:]...)
	b = appendU32(b, counter)
	return t.appendProof(b, string(prefix), b[len(b)-4:])
}

// ParseMove tells which session a Move is about. ProvesMove must follow.
func ParseMove(datagram []byte) (id [TicketIDSize]byte, counter uint32, ok bool) {
	return parseMove(datagram, movePrefix)
}

func parseMove(datagram, prefix []byte) (id [TicketIDSize]byte, counter uint32, ok bool) {
	if len(datagram) != moveSize || !bytes.HasPrefix(datagram, prefix) {
		return id, 0, false
	}
	copy(id[:], datagram[6:])
	return id, binary.LittleEndian.Uint32(datagram[6+TicketIDSize:]), true
}

// ProvesMove reports whether a datagram that ParseMove took was written with the
// session's key.
func ProvesMove(datagram []byte, t Ticket) bool { return t.provesMove(datagram, movePrefix) }

// IsMoved reports whether a datagram is the server's answer to the Move with this
// counter.
func IsMoved(datagram []byte, t Ticket, counter uint32) bool {
	id, got, ok := parseMove(datagram, movedPrefix)
	return ok && id == t.ID && got == counter && t.provesMove(datagram, movedPrefix)
}

func (t Ticket) provesMove(datagram, prefix []byte) bool {
	const counter = 6 + TicketIDSize
	return len(datagram) == moveSize && t.proves(datagram[counter+4:], string(prefix), datagram[counter:counter+4])
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
	b = appendU32(b, r.Offset)
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
	b = appendU32(b, h.Offset)
	b = appendU32(b, h.Total)
	b = appendU32(b, h.Frames)
	return append(b, h.Data[:min(len(h.Data), MaxHistory)]...)
}

// ParseHistory reads what History.AppendTo wrote; false if the numbers do not fit
// together.
func ParseHistory(datagram []byte) (h History, ok bool) {
	if len(datagram) < 6+12 || len(datagram) > 6+12+MaxHistory || !bytes.HasPrefix(datagram, historyPrefix) {
		return h, false
	}
	b := datagram[6:]
	h.Offset, h.Total, h.Frames = binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	h.Data = b[12:]
	return h, uint64(h.Offset)+uint64(len(h.Data)) <= uint64(h.Total)
}
