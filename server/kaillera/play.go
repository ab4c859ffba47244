package kaillera

import (
	"time"

	"kbridge/kclient/link"
	"kbridge/kclient/wire"
)

// handleGameData takes a player's next batch of input. This path does not allocate in the steady state.
func (s *session) handleGameData(now time.Time, body []byte) error {
	payload, err := wire.ParseGameData(body)
	if err != nil {
		s.seat().Fault(now, err)
		return err
	}
	s.played(now)
	return s.seat().Input(now, payload)
}

// handleGameCache is handleGameData for a batch that the player sent before.
func (s *session) handleGameCache(now time.Time, body []byte) error {
	position, err := wire.ParseGameCache(body)
	if err != nil {
		s.seat().Fault(now, err)
		return err
	}
	s.played(now)
	return s.seat().InputCached(now, position)
}

// played: game data has come.
func (s *session) played(now time.Time) {
	s.batched = now
	s.setPhase(now, link.Play)
}
