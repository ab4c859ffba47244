package wire_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/race"
	"kbridge/kclient/wire"
)

// left is a receiver that keeps the last leave request's time and the bytes of game data.
type left struct {
	at    time.Time
	bytes int
}

var leftHandlers = wire.Handlers[*left]{
	wire.TypeQuitGame: wire.On(wire.ParseLeaveRequest, func(l *left, now time.Time,
		_ wire.LeaveRequest) {
		l.at = now
	}),
	wire.TypeGameData: wire.On(wire.ParseGameData, func(l *left, _ time.Time,
		payload []byte) {
		l.bytes += len(payload)
	}),
}

func TestHandlersGetWhatParses(t *testing.T) {
	var l left
	now := time.Unix(1, 0)
	handle := leftHandlers.Of(wire.TypeQuitGame)
	require.ErrorIs(t, handle(&l, now, nil), wire.ErrShort)
	require.Zero(t, l.at)
	require.NoError(t, handle(&l, now, wire.LeaveRequest{}.AppendTo(nil)))
	require.Equal(t, now, l.at)
}

func TestHandlersLeaveOutOtherTypes(t *testing.T) {
	for typ := range 256 {
		known := typ == int(wire.TypeQuitGame) || typ == int(wire.TypeGameData)
		require.Equal(t, known, leftHandlers.Of(wire.Type(typ)) != nil, "type %d", typ)
	}
}

func TestHandlersDoNotAllocate(t *testing.T) {
	if race.Enabled {
		t.Skip("the race detector allocates")
	}
	var l left
	body := wire.AppendGameData(nil, []byte{1, 2, 3})
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if err := leftHandlers.Of(wire.TypeGameData)(&l, time.Time{}, body); err != nil {
			t.Fatal(err)
		}
	}))
	require.Equal(t, 303, l.bytes)
}
