package kclient

import (
	"fmt"
	"os"
	"time"
)

// TimeoutKind is where a TimeoutError happened, and so what helps.
type TimeoutKind uint8

const (
	// TimeoutSilence: the server was there, and nothing comes from it any more.
	TimeoutSilence TimeoutKind = iota
	// TimeoutHello: nothing ever came from the address.
	TimeoutHello
	// TimeoutLogin: the server answered HELLO, and did not finish the login.
	TimeoutLogin
	// TimeoutRequest: the server is there, and did not answer this request. Some
	// servers refuse in this way.
	TimeoutRequest
	// TimeoutNoWord: the server did not answer this request, and has said nothing else since.
	// direlera-rs refuses like that, and says nothing in a quiet lobby either.
	TimeoutNoWord
	// TimeoutNetsync: the game has started, and another player has not loaded it.
	TimeoutNetsync
	// TimeoutGame: nothing came from the server in a running game.
	TimeoutGame
)

// TimeoutError says that nothing (useful) came for too long. It is a net.Error, and
// errors.Is finds os.ErrDeadlineExceeded in it.
type TimeoutError struct {
	Waiting string        // for what, such as "the answer to HELLO"
	Server  string        // host:port
	After   time.Duration // how long was waited
	Kind    TimeoutKind
	Cause   error // why nothing could be sent, when the last datagram could not; errors.Is and errors.As look into it
}

func (e *TimeoutError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("kclient: waited %v for %s from %s, and nothing can be sent there: %v: see whether your network works",
			e.After.Round(time.Millisecond), e.Waiting, e.Server, e.Cause)
	}
	return fmt.Sprintf("kclient: waited %v for %s from %s: %s", e.After.Round(time.Millisecond), e.Waiting, e.Server,
		e.Kind.advice())
}

// advice is what happened, and what to do next.
func (k TimeoutKind) advice() string {
	switch k {
	case TimeoutHello:
		return "nothing ever came from it: check the address, and that UDP to it is not blocked"
	case TimeoutLogin:
		return "it answered HELLO and did not finish the login: try again, or another server"
	case TimeoutRequest:
		return "it is there and did not answer, as some servers do when they refuse: try again, or do something else first"
	case TimeoutNoWord:
		return "nothing came from it since: it refuses by silence, as some servers do, or the connection is lost: try again, or connect again"
	case TimeoutNetsync:
		return "the game has started and somebody's emulator has not loaded it: ask in the room whose, and start again"
	case TimeoutGame:
		return "the server, or the connection to it, was lost in the middle of the game: see whether your network works, and connect again"
	}
	return "it was there before and has fallen silent: see whether your network works, and connect again"
}

// Timeout makes the error a net.Error that timed out.
func (e *TimeoutError) Timeout() bool { return true }

// Temporary is part of net.Error: the same call may work when it is made again.
func (e *TimeoutError) Temporary() bool { return true }

// Unwrap is Cause.
func (e *TimeoutError) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, os.ErrDeadlineExceeded) true, as for the net package's.
func (e *TimeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }
