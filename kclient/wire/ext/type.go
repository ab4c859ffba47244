package ext

import (
	"kbridge/kclient/wire"
)

// The types of messages that only our own two ends send, in a range that no deployed peer uses.
const (
	TypeBehind   wire.Type = 0x1C // S: Behind
	TypeCaughtUp wire.Type = 0x1D // C: CaughtUp
	TypeInStep   wire.Type = 0x1E // S: InStep
	TypeWaited   wire.Type = 0x1F // S: Waited
)
