package kclient

import (
	"context"
	"errors"
	"time"

	"kbridge/kclient/wire"
)

// leavePatience is how long an answer to a leave is waited for, beyond a round
// trip. direlera-rs takes a guest out of the room before it tells the room, so a guest
// who leaves hears nothing at all.
const leavePatience = time.Second

// outState is what is still to come of an S 0B that takes us out of a room.
type outState uint8

const (
	outNone  outState = iota
	outMaybe          // some servers send one
	outSure           // this server does: the next one is it
)

// Leave goes back to the lobby, out of a running game too. It waits about a second
// for the server's answer, since some servers have none; after it returns we are out,
// and the message goes on being repeated as long as it may have been lost. An error
// is the context's, or why the session ended.
func (r *Room) Leave(ctx context.Context) (err error) {
	s := r.s
	req, patience, err := r.askToLeave()
	if req == nil {
		return err
	}
	err = s.await(ctx, requestLeave, req, patience)
	s.mu.Lock()
	defer s.release(&err)
	if r.err == nil { // nothing has taken us out yet
		s.lobby.out = s.outToComeLocked()
		r.endLocked(time.Now(), ErrNotInRoom)
	}
	var silent *TimeoutError
	if s.err == nil && errors.As(err, &silent) {
		s.log.Info("left without the server's answer", "after", patience)
		return nil
	}
	return err
}

// askToLeave returns no request when there is nothing to ask for: we are out already, or cannot ask.
func (r *Room) askToLeave() (req *request, patience time.Duration, err error) {
	s := r.s
	s.mu.Lock()
	defer s.release(&err)
	if r.err != nil {
		return nil, 0, nil
	}
	req, err = s.requestLocked(time.Now(), requestLeave, "leave", wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil))
	if err != nil {
		return nil, 0, err
	}
	r.leaving = true
	req.players = s.lobby.games[r.id].Players
	return req, min(s.cfg.RequestTimeout, leavePatience+s.link.RTT()), nil
}

// outToComeLocked is what to expect after a leave that was not answered yet: ours and
// EmuLinker always answer.
func (s *session) outToComeLocked() outState {
	if s.knowsPrivateLocked() {
		return outSure
	}
	return outMaybe
}

// leftLocked takes our leave as done when the room has one player fewer: that is all
// that direlera-rs lets a guest see of it. It proves nothing, somebody else may have
// left. Servers that are known to answer are waited for.
func (s *session) leftLocked(now time.Time, room uint32, players int) {
	r, q := s.room, s.wait[requestLeave]
	if r == nil || q == nil || r.id != room || s.knowsPrivateLocked() {
		return
	}
	if players >= q.players {
		q.players = players
		return
	}
	s.lobby.out = outMaybe
	r.endLocked(now, ErrNotInRoom)
	s.finishLocked(requestLeave, nil)
}

// outLocked: S 0B names us. We are out of a room, or were refused one.
func (s *session) outLocked(now time.Time) {
	r, enter, out := s.room, s.wait[requestEnter], s.lobby.out
	s.lobby.out = outNone
	switch {
	case out != outNone && r == nil, out == outSure && enter != nil, out == outMaybe && enter != nil &&
		enter.said == "":
		// The last word about the room before.
	case enter != nil: // said after the reason, if there was one
		s.refuseLocked(requestEnter, enter.said)
	case s.wait[requestLeave] != nil:
		s.answerLocked(requestLeave, nil)
		if r != nil {
			r.endLocked(now, ErrNotInRoom)
		}
	case r != nil && r.leaving:
		r.endLocked(now, ErrNotInRoom)
	case r != nil:
		r.endLocked(now, ErrKicked)
	}
}
