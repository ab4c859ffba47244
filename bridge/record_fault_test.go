package bridge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Row 26: a fault of the recording ends the recording, with one line in the log; the game's frames go on.
func TestAPanicInTheRecordingEndsTheRecordingOnly(t *testing.T) {
	var log bytes.Buffer
	r := &recorder{log: slog.New(slog.NewTextHandler(&log, nil))} // without a file, every record panics
	for range 100 {
		r.frame([]byte{1, 2})
		r.chat("nick", "text")
		r.drop("nick", 1)
	}
	require.True(t, r.broken)
	require.Equal(t, 1, strings.Count(log.String(), `level=ERROR msg="internal error" where="the recording"`),
		log.String())
	r.end()
	(&recorder{log: r.log}).discard()
}
