package kclient

import (
	"context"
	"fmt"
	"time"

	"kbridge/kclient/wire"
)

// requestKind is what a caller waits for the server's answer to. Of each kind
// there is one at a time.
type requestKind int

const (
	requestLogin requestKind = iota
	requestEnter             // create or join
	requestLeave
	requestKick
	requestStart
	requestQuit
	requestKinds
)

type request struct {
	what   string     // for errors, such as "join"
	answer chan error // capacity 1
	// said is the last server message since the request: EmuLinker tells the
	// reason of a refusal before the refusal.
	said   string
	seq    uint16 // of our message; the answer proves that it arrived
	target uint16 // the user to be kicked
	asked  time.Time
	// accepted: the room's status shows that the start we asked for succeeds.
	accepted bool
	// players is how many were last said to be in the room that we leave.
	players int
}

// requestLocked sends a message that is to be answered.
func (s *session) requestLocked(now time.Time, kind requestKind, what string, t wire.Type, body []byte) (*request,
	error) {
	if s.err != nil {
		return nil, s.closedLocked()
	}
	if s.wait[kind] != nil {
		return nil, ErrBusy
	}
	r := &request{what: what, answer: make(chan error, 1), asked: now}
	r.seq = s.sendLocked(now, t, body)
	s.wait[kind] = r
	s.flushLocked(now)
	return r, nil
}

// request is requestLocked for who does not hold the lock.
func (s *session) request(kind requestKind, what string, t wire.Type, body []byte) (r *request, err error) {
	s.mu.Lock()
	defer s.release(&err)
	return s.requestLocked(time.Now(), kind, what, t, body)
}

// answerLocked ends the wait of this kind, if there is one.
func (s *session) answerLocked(kind requestKind, err error) {
	if r := s.wait[kind]; r != nil && err == nil {
		s.link.Prove(time.Now(), r.seq)
	}
	s.finishLocked(kind, err)
}

// finishLocked ends the wait of this kind without an answer that proves that our
// message arrived.
func (s *session) finishLocked(kind requestKind, err error) {
	if r := s.wait[kind]; r != nil {
		s.wait[kind] = nil
		r.answer <- err
	}
}

// await waits for the answer to r without the lock.
func (s *session) await(ctx context.Context, kind requestKind, r *request, timeout time.Duration) (err error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case err := <-r.answer:
		return err
	case <-ctx.Done():
		err = fmt.Errorf("kclient: gave up waiting for the answer to %s from %v: %w", r.what, s.server, ctx.Err())
	case <-timer.C:
	}
	s.mu.Lock()
	defer s.release(&err)
	if s.wait[kind] != r { // answered in the meantime
		return <-r.answer
	}
	s.wait[kind] = nil
	if err == nil {
		err = s.unansweredLocked(kind, r, timeout)
	}
	return err
}

// unansweredLocked is the error of a request that nobody answered.
func (s *session) unansweredLocked(kind requestKind, r *request, after time.Duration) error {
	e := &TimeoutError{Waiting: "the answer to " + r.what, Server: s.server.String(), After: after,
		Cause: s.trouble.send}
	switch {
	case kind == requestLogin:
		e.Kind = TimeoutLogin
	case s.heardLocked().After(r.asked):
		e.Kind = TimeoutRequest
	default:
		e.Kind = TimeoutNoWord
	}
	return e
}

// closedLocked is the error of a call on a session that has ended.
func (s *session) closedLocked() error {
	if s.err == ErrClosed {
		return ErrClosed
	}
	return fmt.Errorf("%w: %w", ErrClosed, s.err)
}
