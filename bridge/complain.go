package bridge

// complaint is one kind of wrong call. Each is logged once: an emulator that
// calls wrongly does so every frame.
type complaint uint32

const (
	complainSetInfos complaint = 1 << iota
	complainSetInfosNull
	complainChat
	complainChatNull
	complainChatRoom
	complainChatFull
	complainChatText
	complainArgument
	complainPlayInit
	complainPlayGame
	complainPlayNull
	complainPlaySize
	complainPlaySizeChanged
	complainPlayThreads

	// complaintsOfGame may come again in the next game.
	complaintsOfGame = complainPlayGame | complainPlayNull | complainPlaySize |
		complainPlaySizeChanged | complainPlayThreads
)

// first reports whether this kind was not complained about yet. It allocates
// nothing, so that the frame path may ask.
func (s *Session) first(which complaint) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.complained&which != 0 {
		return false
	}
	s.complained |= which
	return true
}

// accepted makes the next refusal of this kind the first one again.
func (s *Session) accepted(which complaint) {
	s.mu.Lock()
	s.complained &^= which
	s.mu.Unlock()
}

// refuse logs the refusal of a call, once, and returns its reason.
func (s *Session) refuse(which complaint, function string, err error, args ...any) error {
	if s.first(which) {
		s.logger().Error(function+" was refused", append([]any{"err", err}, args...)...)
	}
	return err
}
