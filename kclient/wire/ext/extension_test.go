package ext

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

func testTicket(n byte) Ticket {
	t := Ticket{Comeback: time.Minute}
	for i := range t.ID {
		t.ID[i] = n + byte(i)
	}
	for i := range t.Key {
		t.Key[i] = 2*n + byte(i)
	}
	return t
}

// What is written is read, whatever newer versions put behind it, and at no
// shorter length. Nothing is taken for something else.
func TestTrailingBytes(t *testing.T) {
	old, now := testTicket(1), testTicket(50)
	all := map[string][]byte{
		"nonce":    AppendNonce(nil, [NonceSize]byte{1, 2, 3}),
		"ticket":   now.AppendTo(nil),
		"count":    AppendCount(nil, 77),
		"comeback": AppendComeback(nil, old, now),
	}
	reads := map[string]func([]byte) bool{
		"nonce":  func(b []byte) bool { n, ok := ParseNonce(b); return ok && n == [NonceSize]byte{1, 2, 3} },
		"ticket": func(b []byte) bool { got, ok := ParseTicket(b); return ok && got == now },
		"count":  func(b []byte) bool { n, ok := ParseCount(b); return ok && n == 77 },
		"comeback": func(b []byte) bool {
			id, ok := ParseComeback(b)
			return ok && id == old.ID && ProvesComeback(b, old, now)
		},
	}
	for name, b := range all {
		require.True(t, IsExtra(b))
		for reader, read := range reads {
			require.Equal(t, name == reader, read(append(b, 9, 9)), "%s read as %s", name, reader)
			for n := range b {
				require.False(t, read(b[:n]), "%s cut at %d", name, n)
			}
		}
	}
	for _, b := range [][]byte{nil, []byte("kb"), []byte("12345678"), {'k', 'b', 9, 1, 2}} {
		for _, read := range reads {
			require.False(t, read(b))
		}
	}
}

// Every bit of a proof counts: of the key, of both tickets, and of the proof.
func TestProofs(t *testing.T) {
	old, now := testTicket(1), testTicket(50)
	b := AppendComeback(nil, old, now)
	other := now
	other.ID[7] ^= 1
	require.False(t, ProvesComeback(b, old, other), "not for another session")
	other = old
	other.Key[15] ^= 1
	require.False(t, ProvesComeback(b, other, now))
	move := AppendMove(nil, old, 5, [NonceSize]byte{7})
	require.True(t, ProvesMove(move, old))
	require.False(t, ProvesMove(move, other))
	moved := AppendMoved(nil, old, 5)
	counter, ok := ParseMoved(moved, old)
	require.True(t, ok)
	require.Equal(t, uint32(5), counter)
	_, ok = ParseMoved(moved, other)
	require.False(t, ok)
	_, ok = ParseMoved(move, old)
	require.False(t, ok, "the server's answer is another one than the question")
	for i := range move {
		for bit := range 8 {
			move[i] ^= 1 << bit
			_, ok := ParseMove(move)
			require.False(t, ok && ProvesMove(move, old) && i >= 6+TicketIDSize, "byte %d", i)
			move[i] ^= 1 << bit
		}
	}
	for i := range moved {
		for bit := range 8 {
			moved[i] ^= 1 << bit
			_, ok := ParseMoved(moved, old)
			require.False(t, ok, "byte %d", i)
			moved[i] ^= 1 << bit
		}
	}
}

func TestDatagramsOfOurs(t *testing.T) {
	ticket := testTicket(9)
	nonce := [NonceSize]byte{1, 2, 3, 4, 5, 6, 7, 8}
	m, ok := ParseMove(AppendMove(nil, ticket, 0x01020304, nonce))
	require.True(t, ok)
	require.Equal(t, Move{ID: ticket.ID, Counter: 0x01020304, Nonce: nonce}, m)
	call := AppendCall(nil, ticket.ID, nonce)
	require.Less(t, len(call), len(AppendMove(nil, ticket, 1, nonce)),
		"an address that has proven nothing is sent no more than came from it")
	id, got8, ok := ParseCall(call)
	require.True(t, ok)
	require.Equal(t, ticket.ID, id)
	require.Equal(t, nonce, got8)
	r := HistoryRequest{ID: ticket.ID, Offset: 70_000, Count: 8}
	got, ok := ParseHistoryRequest(r.AppendTo(nil))
	require.True(t, ok)
	require.Equal(t, r, got)
	h := History{Offset: 3, Total: 8, Frames: 900, Data: []byte("12345")}
	part, ok := ParseHistory(h.AppendTo(nil))
	require.True(t, ok)
	require.Equal(t, h, part)
	_, ok = ParseHistory(History{Offset: 4, Total: 8, Data: []byte("12345")}.AppendTo(nil))
	require.False(t, ok, "more than there is")
	_, ok = ParseHistory(History{Offset: 0xFFFFFFFF, Total: 8, Data: []byte("12345")}.AppendTo(nil))
	require.False(t, ok)
	require.Len(t, History{Total: 1 << 20, Data: make([]byte, 5000)}.AppendTo(nil), 18+MaxHistory)

	for i, d := range [][]byte{h.AppendTo(nil), AppendMove(nil, ticket, 1, nonce), AppendMoved(nil, ticket, 1), call,
		r.AppendTo(nil)} {
		require.True(t, IsExtension(d))
		_, err := wire.ParseBundle(d, nil)
		require.Error(t, err, "it is no bundle")
		if i == 0 {
			continue // any length from its header on is one
		}
		for n := range d {
			_, move := ParseMove(d[:n])
			_, moved := ParseMoved(d[:n], ticket)
			_, _, called := ParseCall(d[:n])
			_, request := ParseHistoryRequest(d[:n])
			require.False(t, move || moved || called || request || ProvesMove(d[:n], ticket), "cut at %d", n)
		}
	}
	require.False(t, IsExtension(wire.AppendHello(nil)) || IsExtension(wire.AppendPing(nil)))
}

func FuzzExtension(f *testing.F) {
	ticket := testTicket(3)
	f.Add(AppendMove(nil, ticket, 1, [NonceSize]byte{9}))
	f.Add(AppendMoved(nil, ticket, 1))
	f.Add(AppendCall(nil, ticket.ID, [NonceSize]byte{9}))
	f.Add(History{Total: 4, Data: []byte{1, 2}}.AppendTo(nil))
	f.Add(HistoryRequest{Count: 1}.AppendTo(nil))
	f.Add(AppendComeback(nil, ticket, testTicket(4)))
	f.Fuzz(func(t *testing.T, b []byte) {
		// The proof covers what stands behind the ID; the ID is what the ticket is found by.
		if m, ok := ParseMove(b); ok && ProvesMove(b, ticket) {
			found := ticket
			found.ID = m.ID
			require.Equal(t, AppendMove(nil, ticket, m.Counter, m.Nonce)[6+TicketIDSize:], b[6+TicketIDSize:])
			require.Equal(t, AppendMove(nil, found, m.Counter, m.Nonce)[:moveSize-proofSize], b[:moveSize-proofSize])
		}
		if counter, ok := ParseMoved(b, ticket); ok {
			require.Equal(t, AppendMoved(nil, ticket, counter), b)
		}
		if id, nonce, ok := ParseCall(b); ok {
			require.Equal(t, AppendCall(nil, id, nonce), b)
		}
		if r, ok := ParseHistoryRequest(b); ok {
			require.Equal(t, b, r.AppendTo(nil))
		}
		if h, ok := ParseHistory(b); ok {
			require.Equal(t, b, h.AppendTo(nil))
		}
		ProvesComeback(b, ticket, testTicket(4))
		ParseTicket(b)
		ParseCount(b)
	})
}
