package lockstep

// QueueBatches is the bound that the tests hold both machines to.
func QueueBatches(frameDelay int) int { return queueBatches(frameDelay) }

// CountFrames is what Frames says, counted anew from what every player has sent.
func (m *Mixer) CountFrames() int {
	if m.size == 0 {
		return 0
	}
	return m.complete()
}
