package kaillera

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/wire"
)

// A server of the default charset, and players who write Japanese: whatever they say and are called passes.
func TestWhatIsSaidInAnotherCharsetIsRelayedAsItIs(t *testing.T) {
	b := newBox(t, Config{})
	anna, bert := b.client(1, "\x82\xa0\x82\xad"), b.client(2, "\x8d\x82\x8f\x90\x9d\x81") // あく; lone first bytes
	anna.login()
	bert.login()
	for _, raw := range []string{"\x82\xad", "\x82\xa0", "\x81\x8d\x8f\x90\x9d", "a\xad\xff\x80"} {
		b.pass(30 * time.Second)
		anna.inbox, bert.inbox = nil, nil
		anna.send(wire.TypeGlobalChat, wire.ChatRequest{Text: raw})
		line := boxParse(bert, wire.TypeGlobalChat, wire.ParseChat)
		require.Equal(t, wire.Chat{User: anna.name, Text: raw}, line)
		anna.send(wire.TypeGlobalChat, wire.ChatRequest{Text: fmt.Sprintf("/msg %d %s", bert.session().who.ID, raw)})
		private := boxParse(bert, wire.TypeServerMessage, wire.ParseServerMessage)
		require.Equal(t, fmt.Sprintf("<%s> (%d): %s", anna.name, anna.session().who.ID, raw), private.Text)
		anna.send(wire.TypeCreateGame, wire.CreateRequest{Game: raw})
		require.Equal(t, raw, boxParse(bert, wire.TypeCreateGame, wire.ParseGameCreated).Game)
		anna.send(wire.TypeQuitGame, wire.LeaveRequest{})
	}
}
