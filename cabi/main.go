package main

/*
#cgo CFLAGS: -I${SRCDIR}/../include -Wall -fexceptions
#cgo linux LDFLAGS: ${SRCDIR}/exports_linux.so
#include "shim.h"
*/
import "C"

import (
	"unsafe"

	"kbridge/bridge"
	"kbridge/bridge/autoplay"
	"kbridge/bridge/lobby"
	"kbridge/kclient/guard"
)

// session is the one session of the process: the API has no handles.
var session = bridge.New(hostText(bridge.Config{
	UI:      autoplay.New(getenv).Otherwise(lobby.New(lobby.Config{Getenv: getenv})),
	Threads: threads{},
	Getenv:  getenv,
	Folder:  folder,
}))

func main() {}

// The two halves must agree on these; a difference does not compile.
const (
	_ = -uint(bridge.CallNone ^ C.KB_CALL_NONE)
	_ = -uint(bridge.CallGame ^ C.KB_CALL_GAME)
	_ = -uint(bridge.CallChat ^ C.KB_CALL_CHAT)
	_ = -uint(bridge.CallDrop ^ C.KB_CALL_DROP)
	_ = -uint(bridge.CallMoreInfos ^ C.KB_CALL_MORE_INFOS)
	_ = -uint(bridge.CallWait ^ C.KB_CALL_WAIT)
	_ = -uint((bridge.MaxNickBytes + 1) ^ C.KB_NICK_SIZE)
	_ = -uint((bridge.MaxTextBytes + 1) ^ C.KB_TEXT_SIZE)
)

const failed = -1

// caught is deferred by every export, with what it returns after a panic.
func caught(function string, result *C.int, code C.int) {
	if v := recover(); v != nil {
		*result = code
		guard.Run(function, func() { session.Recovered(function, v) }, nil)
	}
}

// code is what the API says about an error.
func code(err error) C.int {
	if err != nil {
		return failed
	}
	return 0
}

//export kb_get_version
func kb_get_version(version *C.char) (result C.int) {
	defer caught("kailleraGetVersion", &result, failed)
	if version == nil {
		session.Refused("kailleraGetVersion", "version", "NULL")
		return failed
	}
	putString(version, C.KAILLERA_VERSION_SIZE, bridge.Version)
	return 0
}

//export kb_init
func kb_init() (result C.int) {
	defer caught("kailleraInit", &result, failed)
	session.Init()
	return 0
}

// kb_shutdown is called again after each wait that it asks for.
//
//export kb_shutdown
func kb_shutdown(thread C.uintptr_t, call *C.kb_call) (result C.int) {
	defer caught("kailleraShutdown", &result, 0)
	c := bridge.Call{Kind: bridge.CallKind(call.kind)}
	call.kind = C.KB_CALL_NONE
	session.ShutdownStep(uintptr(thread), &c)
	putCall(call, &c)
	return 0
}

//export kb_set_infos
func kb_set_infos(infos *C.kailleraInfos) (result C.int) {
	defer caught("kailleraSetInfos", &result, failed)
	if infos == nil {
		return code(session.SetInfos(nil))
	}
	return code(session.SetInfos(&bridge.Infos{
		AppName: string(stringBytes(infos.appName, bridge.MaxText)),
		Games:   bridge.SplitGameList(listBytes(infos.gameList, bridge.MaxGameList)),
		Callbacks: bridge.Callbacks{
			Game:          uintptr(unsafe.Pointer(infos.gameCallback)),
			ChatReceived:  uintptr(unsafe.Pointer(infos.chatReceivedCallback)),
			ClientDropped: uintptr(unsafe.Pointer(infos.clientDroppedCallback)),
			MoreInfos:     uintptr(unsafe.Pointer(infos.moreInfosCallback)),
		},
	}))
}

//export kb_dialog_begin
func kb_dialog_begin(thread, window C.uintptr_t) (id C.uint64_t) {
	var result C.int // 0 is no dialog's id, so a panic's answer is the zero value
	defer caught("kailleraSelectServerDialog", &result, 0)
	opened, err := session.BeginDialog(uintptr(thread), uintptr(window))
	if err != nil {
		return 0
	}
	return C.uint64_t(opened)
}

//export kb_dialog_next
func kb_dialog_next(id C.uint64_t, call *C.kb_call) (result C.int) {
	defer caught("kailleraSelectServerDialog", &result, failed)
	call.kind = C.KB_CALL_NONE
	var c bridge.Call
	code := session.NextCall(uint64(id), &c)
	putCall(call, &c)
	return C.int(code)
}

// kb_dialog_close is for the procedure of the dialog's window, which may run inside
// a callback, too. It does not wait.
//
//export kb_dialog_close
func kb_dialog_close(id C.uint64_t) (result C.int) {
	defer caught("WM_CLOSE", &result, failed)
	session.CloseDialog(uint64(id))
	return 0
}

//export kb_play
func kb_play(values unsafe.Pointer, size C.int, thread C.uintptr_t, call *C.kb_call) (result C.int) {
	defer caught("kailleraModifyPlayValues", &result, failed)
	c := bridge.Call{Kind: bridge.CallKind(call.kind), GameID: uint64(call.game_id)}
	call.kind = C.KB_CALL_NONE
	var buffer []byte // nil unless the two arguments can be believed
	if values != nil && size > 0 && size <= bridge.MaxFrameSize {
		buffer = unsafe.Slice((*byte)(values), bridge.MaxPlayers*int(size))
	} else if values != nil {
		buffer = []byte{}
	}
	n := session.ModifyPlayValues(uintptr(thread), buffer, int(size), &c)
	call.game_id = C.uint64_t(c.GameID)
	if c.Kind != bridge.CallNone {
		putCall(call, &c)
	}
	return C.int(n)
}

// kb_tell_refusal is told on a thread of the library's own that a call never came here.
//
//export kb_tell_refusal
func kb_tell_refusal(reason C.int) (result C.int) {
	defer caught("a refusal", &result, 0)
	switch reason {
	case C.KB_REFUSED_IN_DLL_MAIN:
		session.NotCalled("a DllMain called a function before the library had started; " +
			"the emulator or plug-in has to call kailleraInit after it was loaded")
	case C.KB_REFUSED_STILL_ENDING:
		session.NotCalled("a DllMain called a function while what an earlier call had ended was still ending; " +
			"call kailleraEndGame and kailleraShutdown before the plug-in is freed")
	case C.KB_REFUSED_LARGE_STACK:
		session.NotCalled("a function was called on a thread with a stack of more than 64 MB; " +
			"call it on a thread with a smaller one, or link the emulator with one")
	case C.KB_REFUSED_LITTLE_STACK:
		session.NotCalled("a function was called on a thread with less than 32 kB of stack left; " +
			"give that thread a larger one")
	}
	return 0
}

//export kb_chat_send
func kb_chat_send(text *C.char) (result C.int) {
	defer caught("kailleraChatSend", &result, failed)
	if text == nil {
		session.Refused("kailleraChatSend", "text", "NULL")
		return failed
	}
	return code(session.ChatSend(string(stringBytes(text, bridge.MaxText))))
}

//export kb_end_game
func kb_end_game() (result C.int) {
	defer caught("kailleraEndGame", &result, 0)
	session.EndGame()
	return 0
}

//export kb_get_frames_behind
func kb_get_frames_behind() (result C.int) {
	defer caught("kailleraGetFramesBehind", &result, 0)
	return C.int(session.FramesBehind())
}

//export kb_get_frame_delay
func kb_get_frame_delay() (result C.int) {
	defer caught("kailleraGetFrameDelay", &result, 0)
	return C.int(session.FrameDelay())
}
