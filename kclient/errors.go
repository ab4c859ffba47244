package kclient

import (
	"errors"
	"fmt"

	"kbridge/kclient/wire"
)

// Errors that methods return, alone or wrapped; test for them with errors.Is.
var (
	// ErrServerFull: the server has no place for another user.
	ErrServerFull = wire.ErrServerFull
	// ErrVersion: the server does not speak protocol version 0.83.
	ErrVersion = wire.ErrVersion
	// ErrClosed: the session has ended, by Quit or by a fault that Err tells.
	ErrClosed = errors.New("kclient: the session is closed")
	// ErrInRoom: a user can be in one room only; leave the other one first.
	ErrInRoom = errors.New("kclient: already in a room")
	// ErrNotInRoom: the room was left, or its owner closed it.
	ErrNotInRoom = errors.New("kclient: no longer in that room")
	// ErrKicked: the owner of the room removed us from it.
	ErrKicked = errors.New("kclient: kicked out of the room by its owner")
	// ErrRoomClosed: the room's owner left, and the room with him.
	ErrRoomClosed = errors.New("kclient: the room was closed")
	// ErrBusy: another call of the same kind is waiting for the server's answer.
	ErrBusy = errors.New("kclient: another request of this kind is under way")
	// ErrConcurrent: two goroutines called Exchange of one game at once.
	ErrConcurrent = errors.New("kclient: Exchange was called while another call was waiting")
	// ErrGameOver: the game was ended by Drop.
	ErrGameOver = errors.New("kclient: the game is over")
	// ErrDropped: the server dropped us from the game.
	ErrDropped = errors.New("kclient: the server dropped us from the game")
	// ErrInterrupted: Interrupt ended a Receive; call it again to go on waiting.
	ErrInterrupted = errors.New("kclient: interrupted")
	// ErrLost: the server no longer has a message that we never got, so the
	// game cannot go on.
	ErrLost = errors.New("kclient: the server lost a message of the game for good")
	// ErrNoPrivate: the server is not known to pass private messages on.
	ErrNoPrivate = errors.New("kclient: this server does not pass on private messages")
	// ErrBuffer: the buffer has no room for the combined frame of all players.
	ErrBuffer = errors.New("kclient: buffer too small")
	// ErrChatRoom: a room whose name begins with * is for talking; no game starts in it.
	ErrChatRoom = errors.New("kclient: a room whose name begins with * is for chat, and no game starts in it: open a room for a game")
	// ErrChatFull: what was said in the room before has not been sent yet, and there is no room for more.
	ErrChatFull = errors.New("kclient: 384 KiB of room chat wait to be sent: wait until some of it has been")
	// ErrTooLong: see the documentation of the call for its limit.
	ErrTooLong = errors.New("kclient: text too long")
)

// RefusedError is a server's no.
type RefusedError struct {
	What   string // what was asked for, such as "login"
	Reason string // the server's words, made printable; may be empty
}

func (e *RefusedError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("kclient: the server refused the %s without a reason", e.What)
	}
	return fmt.Sprintf("kclient: the server refused the %s: %s", e.What, e.Reason)
}

// ConfigError names a setting, what it was, and what it takes.
type ConfigError struct {
	Setting, Value, Takes string
}

func (e *ConfigError) Error() string {
	return fmt.Sprintf("kclient: %s is %q; it takes %s", e.Setting, e.Value, e.Takes)
}
