package wire

import "fmt"

// Type says what a message is. The same number can have a different body in
// each direction (see WIRE.md).
type Type uint8

// The message types, with their numbers on the wire.
const (
	TypeUserQuit      Type = 0x01 // C: QuitRequest, S: UserQuit
	TypeUserJoined    Type = 0x02 // S: UserJoined
	TypeLogin         Type = 0x03 // C: LoginRequest
	TypeServerStatus  Type = 0x04 // S: ServerStatus
	TypeServerAck     Type = 0x05 // S: ServerAck
	TypeClientAck     Type = 0x06 // C: ClientAck
	TypeGlobalChat    Type = 0x07 // C: ChatRequest, S: Chat
	TypeGameChat      Type = 0x08 // C: ChatRequest, S: Chat
	TypeKeepAlive     Type = 0x09 // C: KeepAlive
	TypeCreateGame    Type = 0x0A // C: CreateRequest, S: GameCreated
	TypeQuitGame      Type = 0x0B // C: LeaveRequest, S: PlayerLeft
	TypeJoinGame      Type = 0x0C // C: JoinRequest, S: PlayerJoined
	TypePlayerList    Type = 0x0D // S: PlayerList
	TypeGameStatus    Type = 0x0E // S: GameStatus
	TypeKick          Type = 0x0F // C: KickRequest
	TypeCloseGame     Type = 0x10 // S: GameClosed
	TypeStartGame     Type = 0x11 // C: StartRequest, S: GameStarted
	TypeGameData      Type = 0x12 // both: AppendGameData, ParseGameData
	TypeGameCache     Type = 0x13 // both: AppendGameCache, ParseGameCache
	TypeDropGame      Type = 0x14 // C: DropRequest, S: PlayerDropped
	TypeReady         Type = 0x15 // C: ReadyRequest, S: Ready
	TypeLoginRefused  Type = 0x16 // S: LoginRefused
	TypeServerMessage Type = 0x17 // S: ServerMessage
)

var typeNames = [...]string{
	TypeUserQuit:      "user quit",
	TypeUserJoined:    "user joined",
	TypeLogin:         "login",
	TypeServerStatus:  "server status",
	TypeServerAck:     "server ack",
	TypeClientAck:     "client ack",
	TypeGlobalChat:    "global chat",
	TypeGameChat:      "game chat",
	TypeKeepAlive:     "keep alive",
	TypeCreateGame:    "create game",
	TypeQuitGame:      "quit game",
	TypeJoinGame:      "join game",
	TypePlayerList:    "player list",
	TypeGameStatus:    "game status",
	TypeKick:          "kick",
	TypeCloseGame:     "close game",
	TypeStartGame:     "start game",
	TypeGameData:      "game data",
	TypeGameCache:     "game cache",
	TypeDropGame:      "drop game",
	TypeReady:         "ready",
	TypeLoginRefused:  "login refused",
	TypeServerMessage: "server message",
}

// String is the type's name in the protocol notes, or its number when it has
// none.
func (t Type) String() string {
	if int(t) < len(typeNames) && typeNames[t] != "" {
		return typeNames[t]
	}
	return fmt.Sprintf("type 0x%02X", uint8(t))
}
