package limits

import (
	"time"

	"kbridge/server/rate"
)

// The socket and the log.

// ReadBuffer is what is asked of the system for a socket's receive queue: half
// a second of 100 players at 60 datagrams a second of about 300 bytes.
const ReadBuffer = 1 << 20

// MaxReadErrors is how many errors in a row make a socket useless, with a growing
// pause between them, five seconds in all: on some systems an error only tells
// that an earlier datagram could not be delivered.
const MaxReadErrors = 100

// The log. A server of a hundred users who all chat logs some lines a second for a while, and fewer than one in the
// long run. A message that anybody can cause is logged LogRate often; at a line of 150 bytes that is 26 MB a day for
// each kind of message under an attack without end. LogFlush is how long the server's end waits for a log that is
// written slowly.
var LogRate = rate.Rate{Every: 500 * time.Millisecond, Burst: 200}

const (
	SummaryEvery = time.Minute
	LogFlush     = time.Second
)
