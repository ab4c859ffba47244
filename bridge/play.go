package bridge

// ModifyPlayValues exchanges one frame. values has room for MaxPlayers * size
// bytes and holds this player's size bytes; thread tells the calling thread
// from others. When it leaves c.Kind other than CallNone the result does not
// count: the caller makes that callback, or waits, and calls again with the same arguments
// and the same c. It does not wait itself. Otherwise the result is what kailleraModifyPlayValues
// returns: the combined frame's length, 0 inside the frame delay with values
// untouched, or -1. Each call that does not return -1 is one frame of the emulator's
// machine.
//
// The input goes out with the first of these calls. A callback that is left by
// a longjmp leaves an exchange open; the thread's next call takes it up, so
// that each call still stands for one frame and the players stay in step. A
// call from inside a callback does the same, and the one around it then
// exchanges a frame of its own. A thread that was killed while it waited leaves one
// open too, and any other may take that up.
func (s *Session) ModifyPlayValues(thread uintptr, values []byte, size int, c *Call) int {
	again := c.Kind != CallNone
	*c = Call{GameID: c.GameID}
	r, open := s.enter(thread, values, size, c.GameID, again)
	if r == nil {
		return -1
	}
	c.GameID = r.id
	values = values[:MaxPlayers*size]
	if !open {
		if err := r.match.Game.Submit(values, size); err != nil {
			s.end(r, err)
			return -1
		}
	}
	return s.exchange(r, thread, values, c)
}

// enter makes the calling thread the one that is inside the game, or refuses
// its call. open says that the input of the exchange was submitted already.
func (s *Session) enter(thread uintptr, values []byte, size int, game uint64, again bool) (r *running, open bool) {
	r, open, which, err := s.enterLocking(thread, values, size, game, again)
	if which != 0 {
		s.refusePlay(which, err, r, values == nil, size)
		return nil, false
	}
	return r, open
}

// enterLocking returns no game, and which is 0, where there is nothing to complain about.
func (s *Session) enterLocking(thread uintptr, values []byte, size int, game uint64, again bool) (r *running, open bool,
	which complaint, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r = s.game
	err = ErrBadArgument
	switch {
	case again && (!s.ready || r == nil || r.id != game || r.over):
		// The callback, or the wait, outlived its game: this -1 tells it.
		if r != nil && r.id == game {
			r.told = true
		}
		return nil, false, 0, nil
	case !s.ready:
		which, err = complainPlayInit, ErrNotInitialised
	case r != nil && !r.called && !r.over:
		// The emulator still plays the game before this one, which is over.
		return nil, false, 0, nil
	case r == nil || r.over:
		which, err = complainPlayGame, ErrNoGame
		if r != nil && !r.told {
			// The emulator could not know yet: this -1 tells it.
			r.told = true
			return nil, false, 0, nil
		}
	case (r.busy || r.open && r.thread != thread) && s.threads.Lives(r.thread):
		which, err = complainPlayThreads, ErrBusy
	case values == nil:
		which = complainPlayNull
	case size < 1 || size > MaxFrameSize || len(values) < MaxPlayers*size:
		which = complainPlaySize
	case r.size != 0 && size != r.size:
		which = complainPlaySizeChanged
	}
	if which == 0 {
		r.busy, r.thread, r.size = true, thread, size
		return r, r.open, 0, nil
	}
	return r, false, which, err
}

// refusePlay logs a wrong call, once a game, and does not allocate after that.
func (s *Session) refusePlay(which complaint, err error, r *running, null bool, size int) {
	if !s.first(which) {
		return
	}
	args := []any{"err", err}
	switch which {
	case complainPlayNull:
		args = append(args, "values", "NULL")
	case complainPlaySize:
		args = append(args, "size", size, "smallest", 1, "largest", MaxFrameSize)
	case complainPlaySizeChanged:
		args = append(args, "size", size, "size_of_this_game", r.size)
	}
	s.logger().Error("kailleraModifyPlayValues was refused", args...)
}

// exchange gets the frame that belongs to the open exchange, or the next
// callback that comes before it, or says that the thread is to wait for either.
func (s *Session) exchange(r *running, thread uintptr, values []byte, c *Call) int {
	for armed := false; ; {
		e, callbacks, pending, over := s.nextEvent(r)
		if over {
			return -1
		}
		if pending {
			if !r.tell(e, callbacks, c) {
				continue
			}
			s.leave(r, true)
			return 0
		}

		n, wait, err := r.match.Game.TryReceive(values)
		switch {
		case err != nil:
			s.end(r, err)
		case wait == 0:
			r.record.frame(values[:n])
			s.leave(r, false)
			return n
		case armed:
			s.leave(r, true)
			*c = Call{Kind: CallWait, Wait: min(wait, maxWait), GameID: c.GameID}
			return 0
		default:
			r.waiter.arm(thread)
			armed = true // what came before the thread could be woken is looked for once more
		}
	}
}

// nextEvent is the next thing that the emulator is to be told of, within its exchange.
func (s *Session) nextEvent(r *running) (e event, callbacks Callbacks, pending, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.open = true
	if r.over {
		r.busy, r.told = false, true
		return e, callbacks, false, true
	}
	if e, pending = r.events.pop(); pending {
		callbacks = s.infos.Callbacks
	}
	return e, callbacks, pending, false
}

// leave takes the mark away that a thread is inside the game. open says that the
// exchange goes on.
func (s *Session) leave(r *running, open bool) {
	s.mu.Lock()
	r.busy, r.open = false, open
	s.mu.Unlock()
}

// tell records an event and makes it the next callback; false means that the
// emulator does not want to hear of it.
func (r *running) tell(e event, callbacks Callbacks, c *Call) bool {
	id := c.GameID
	switch e.kind {
	case CallChat:
		if *c = chatCall(callbacks.ChatReceived, r.text, e.nick, e.text); e.own {
			*c = ownCall(callbacks.ChatReceived, r.text, e.text)
		}
		if !e.own {
			r.record.chat(e.nick, e.text)
		}
	case CallDrop:
		*c = dropCall(callbacks.ClientDropped, r.text, e.nick, e.player)
		r.record.drop(e.nick, e.player)
	}
	c.GameID = id
	if c.Function == 0 {
		c.Kind = CallNone
		return false
	}
	return true
}
