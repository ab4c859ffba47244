package ext

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"kbridge/kclient/wire/internal/field"
)

const (
	// NonceSize is what the first S 05 offers: only who receives at the address
	// it was sent to can return it.
	NonceSize = 8
	// TicketIDSize and TicketKeySize are the two parts of a Ticket.
	TicketIDSize  = 8
	TicketKeySize = 16
	// proofSize is how much of an HMAC-SHA-256 is sent: forging it by guessing is
	// hopeless, and it is small beside a datagram's headers.
	proofSize = 16
)

// The kinds of trailing bytes: "kb" and one of these.
const (
	extraNonce    = 1
	extraTicket   = 2
	extraCount    = 3
	extraComeback = 4
)

func extra(kind byte) []byte { return []byte{'k', 'b', kind} }

func cutExtra(b []byte, kind byte, size int) ([]byte, bool) {
	if len(b) < 3+size || b[0] != 'k' || b[1] != 'b' || b[2] != kind {
		return nil, false
	}
	return b[3:], true
}

// AppendNonce appends the trailing bytes of the first S 05, and of the C 06 that
// answers it.
func AppendNonce(b []byte, nonce [NonceSize]byte) []byte {
	return append(append(b, extra(extraNonce)...), nonce[:]...)
}

// ParseNonce reads what AppendNonce wrote; false for anything else.
func ParseNonce(b []byte) (nonce [NonceSize]byte, ok bool) {
	if b, ok = cutExtra(b, extraNonce, NonceSize); ok {
		copy(nonce[:], b)
	}
	return nonce, ok
}

// IsExtra reports whether trailing bytes are ours, of whatever kind.
func IsExtra(b []byte) bool { return len(b) >= 3 && b[0] == 'k' && b[1] == 'b' }

// Ticket is what a session is known by when its address changes, and what a
// client that was started again comes back with. The key is a secret between the two
// ends and goes over the wire once, to an address that has proven itself.
type Ticket struct {
	ID  [TicketIDSize]byte
	Key [TicketKeySize]byte
	// Comeback is how long the server keeps the place of a player whose
	// connection was lost, in whole seconds up to 65,535; 0 if it does not.
	Comeback time.Duration
}

// AppendTo appends the trailing bytes of the second S 05 to a client that
// returned the nonce.
func (t Ticket) AppendTo(b []byte) []byte {
	b = append(b, extra(extraTicket)...)
	b = append(b, t.ID[:]...)
	b = append(b, t.Key[:]...)
	return field.AppendU16(b, uint16(min(t.Comeback/time.Second, 0xFFFF)))
}

// ParseTicket reads what Ticket.AppendTo wrote; false for anything else.
func ParseTicket(b []byte) (t Ticket, ok bool) {
	if b, ok = cutExtra(b, extraTicket, TicketIDSize+TicketKeySize+2); !ok {
		return Ticket{}, false
	}
	copy(t.ID[:], b)
	copy(t.Key[:], b[TicketIDSize:])
	t.Comeback = time.Duration(binary.LittleEndian.Uint16(b[TicketIDSize+TicketKeySize:])) * time.Second
	return t, true
}

// AppendCount appends the trailing bytes of an S 05 outside of the login: how
// many C 06 of the session have arrived. The 05 itself proves nothing, since the
// server sends it without waiting for the answer to the one before.
func AppendCount(b []byte, acks uint32) []byte {
	return field.AppendU32(append(b, extra(extraCount)...), acks)
}

// ParseCount reads what AppendCount wrote; false for anything else.
func ParseCount(b []byte) (acks uint32, ok bool) {
	if b, ok = cutExtra(b, extraCount, 4); !ok {
		return 0, false
	}
	return binary.LittleEndian.Uint32(b), true
}

// AppendComeback appends the trailing bytes of the C 06 that answers the ticket
// of a new session: the client was in the session old, and wants its place back.
func AppendComeback(b []byte, old, now Ticket) []byte {
	b = append(b, extra(extraComeback)...)
	b = append(b, old.ID[:]...)
	return old.appendProof(b, "comeback", now.ID[:])
}

// ParseComeback tells which session a client says it was in.
func ParseComeback(b []byte) (old [TicketIDSize]byte, ok bool) {
	if b, ok = cutExtra(b, extraComeback, TicketIDSize+proofSize); ok {
		copy(old[:], b)
	}
	return old, ok
}

// ProvesComeback reports whether what AppendComeback wrote was written with the
// key of the old session for the new one.
func ProvesComeback(b []byte, old, now Ticket) bool {
	b, ok := cutExtra(b, extraComeback, TicketIDSize+proofSize)
	return ok && old.proves(b[TicketIDSize:], "comeback", now.ID[:])
}

// appendProof appends what only an owner of the key can write about data.
func (t Ticket) appendProof(b []byte, purpose string, data []byte) []byte {
	h := hmac.New(sha256.New, t.Key[:])
	h.Write([]byte(purpose))
	h.Write(t.ID[:])
	h.Write(data)
	return append(b, h.Sum(nil)[:proofSize]...)
}

// proves checks it, in constant time.
func (t Ticket) proves(proof []byte, purpose string, data []byte) bool {
	return len(proof) >= proofSize && hmac.Equal(proof[:proofSize], t.appendProof(nil, purpose, data))
}
