package bridge

import (
	"time"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// CallKind says which callback is to be called.
type CallKind int

const (
	// CallNone: there is nothing to call; the result of the function that
	// said so stands.
	CallNone CallKind = iota
	// CallGame: gameCallback(Game, Player, Players).
	CallGame
	// CallChat: chatReceivedCallback(Nick, Text).
	CallChat
	// CallDrop: clientDroppedCallback(Nick, Player).
	CallDrop
	// CallMoreInfos: moreInfosCallback(Game).
	CallMoreInfos
	// CallWait: there is nothing to call yet. The thread is to wait until
	// Config.Threads wakes it, at most for Wait, and to ask again.
	CallWait
)

// Call is a callback that the Session's caller is to make, or a wait, after which it asks
// for the next one with the same Call. The zero Call asks for the first. All
// strings are in the emulator's charset and hold no NUL.
type Call struct {
	Kind     CallKind
	Function uintptr // the emulator's
	Game     string  // the game list's entry, byte for byte
	Nick     string  // at most MaxNickBytes
	Text     string  // at most MaxTextBytes
	Player   int
	Players  int
	Wait     time.Duration // how long CallWait is at most

	// GameID is the game that a kailleraModifyPlayValues belongs to, so that
	// one that comes back from a callback into a later game is told so.
	// The Session sets it; the caller keeps it from call to call.
	GameID uint64

	// Modal comes with CallWait: whether the emulator's window is to be disabled meanwhile, as a modal
	// dialog does with its owner.
	Modal bool
}

// chatCall and dropCall are what other players did, for the emulator.

func chatCall(function uintptr, text hostText, nick, line string) Call {
	return Call{
		Kind: CallChat, Function: function,
		Nick: text.toHost(nick, wire.MaxUserName), Text: text.fromChat(line),
	}
}

// ownNick is who the library's own lines of chat are from.
const ownNick = "kbridge"

// ownCall is a line of the library's own, which has not come over the wire.
func ownCall(function uintptr, conv hostText, line string) Call {
	return Call{Kind: CallChat, Function: function, Nick: ownNick,
		Text: conv.host.Cut(conv.host.Encode(text.Sanitise(line)), wire.MaxGameChat)}
}

func dropCall(function uintptr, text hostText, nick string, player int) Call {
	return Call{
		Kind: CallDrop, Function: function,
		Nick: text.toHost(nick, wire.MaxUserName), Player: player,
	}
}
