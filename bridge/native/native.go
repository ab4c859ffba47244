package native

import (
	"fmt"
	"runtime"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Library is a loaded client library. Its methods may be called from any
// goroutine, as far as the library itself allows that.
type Library struct {
	handle uintptr

	getVersion, init, shutdown, setInfos, selectServerDialog uintptr
	modifyPlayValues, chatSend, endGame, getFrameDelay       uintptr
	getFramesBehind                                          uintptr

	mu    sync.Mutex
	infos Infos // whose callbacks are called

	// memory is what kailleraSetInfos was given. It is kept, since not every
	// library copies it.
	memory     [][]byte
	trampoline [4]uintptr // C functions, made by the first SetInfos; they are never freed
}

// Infos is kailleraInfos. Strings are bytes without NUL. Callbacks may be nil.
type Infos struct {
	AppName string
	Games   []string

	Game          func(game string, player, players int) int
	ChatReceived  func(nick, text string)
	ClientDropped func(nick string, player int)
	MoreInfos     func(game string)
}

// MaxPlayers is how many players' input a buffer of ModifyPlayValues holds.
const MaxPlayers = 8

// versionSize is the buffer that kailleraGetVersion asks for, in bytes.
const versionSize = 16

// Open loads the library at path.
func Open(path string) (*Library, error) {
	handle, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("native: cannot load %s: %w", path, err)
	}
	l := &Library{handle: handle}
	for _, f := range []struct {
		to        *uintptr
		name      string
		arguments int
		optional  bool
	}{
		{&l.getVersion, "kailleraGetVersion", 1, false},
		{&l.init, "kailleraInit", 0, false},
		{&l.shutdown, "kailleraShutdown", 0, false},
		{&l.setInfos, "kailleraSetInfos", 1, false},
		{&l.selectServerDialog, "kailleraSelectServerDialog", 1, false},
		{&l.modifyPlayValues, "kailleraModifyPlayValues", 2, false},
		{&l.chatSend, "kailleraChatSend", 1, false},
		{&l.endGame, "kailleraEndGame", 0, false},
		{&l.getFrameDelay, "kailleraGetFrameDelay", 0, true},     // not in the 0.9 DLL
		{&l.getFramesBehind, "kailleraGetFramesBehind", 0, true}, // ours only
	} {
		if *f.to = find(handle, f.name, f.arguments); *f.to == 0 && !f.optional {
			_ = unload(handle)
			return nil, fmt.Errorf("native: %s is no Kaillera client library: it does not export %s", path, f.name)
		}
	}
	return l, nil
}

// spellings are the names under which an export is looked up, like emulators do.
func spellings(name string, arguments int) []string {
	if runtime.GOOS != "windows" || runtime.GOARCH != "386" {
		return []string{name}
	}
	decorated := fmt.Sprintf("%s@%d", name, 4*arguments)
	return []string{"_" + decorated, decorated, name}
}

func find(handle uintptr, name string, arguments int) uintptr {
	for _, spelling := range spellings(name, arguments) {
		if f := symbol(handle, spelling); f != 0 {
			return f
		}
	}
	return 0
}

// Close unloads the library. Nothing of it may be called afterwards; some
// libraries, ours too, stay in memory.
func (l *Library) Close() error {
	return unload(l.handle)
}

// call is a C function that returns int. Old libraries return nothing; the
// result is then garbage.
//
//go:uintptrescapes
func call(f uintptr, arguments ...uintptr) int {
	r, _, _ := purego.SyscallN(f, arguments...)
	return int(int32(r))
}

// Version calls kailleraGetVersion.
func (l *Library) Version() string {
	b := make([]byte, versionSize)
	call(l.getVersion, uintptr(unsafe.Pointer(&b[0])))
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

// Init calls kailleraInit.
func (l *Library) Init() int { return call(l.init) }

// Shutdown calls kailleraShutdown.
func (l *Library) Shutdown() int { return call(l.shutdown) }

// SelectServerDialog calls kailleraSelectServerDialog; parent is a window or 0.
func (l *Library) SelectServerDialog(parent uintptr) int { return call(l.selectServerDialog, parent) }

// ModifyPlayValues calls kailleraModifyPlayValues: values holds the input of
// this player in its first size bytes and should have room for MaxPlayers times
// that. nil is NULL; values and size are passed on as they are.
func (l *Library) ModifyPlayValues(values []byte, size int) int {
	return call(l.modifyPlayValues, uintptr(unsafe.Pointer(unsafe.SliceData(values))), uintptr(int32(size)))
}

// ChatSend calls kailleraChatSend.
func (l *Library) ChatSend(text string) int {
	b := append([]byte(text), 0)
	return call(l.chatSend, uintptr(unsafe.Pointer(&b[0])))
}

// EndGame calls kailleraEndGame.
func (l *Library) EndGame() int { return call(l.endGame) }

// FrameDelay calls kailleraGetFrameDelay; ok is false when the library has none.
func (l *Library) FrameDelay() (frames int, ok bool) {
	if l.getFrameDelay == 0 {
		return 0, false
	}
	return call(l.getFrameDelay), true
}

// FramesBehind calls kailleraGetFramesBehind; ok is false when the library has
// none.
func (l *Library) FramesBehind() (frames int, ok bool) {
	if l.getFramesBehind == 0 {
		return 0, false
	}
	return call(l.getFramesBehind), true
}
