package lockstep

// QueueBatches is the bound that the tests hold both machines to.
func QueueBatches(frameDelay int) int { return queueBatches(frameDelay) }
