package native

import (
	"unsafe"

	"github.com/ebitengine/purego"
)

// cInfos is kailleraInfos in C: six pointers.
type cInfos struct {
	appName, gameList                      *byte
	game, chatReceived, dropped, moreInfos uintptr
}

// The four callbacks' places in Library.trampoline.
const (
	trampolineGame = iota
	trampolineChat
	trampolineDropped
	trampolineMore
)

// SetInfos calls kailleraSetInfos. Callbacks that are nil are NULL to the
// library.
func (l *Library) SetInfos(infos Infos) int {
	app := append([]byte(infos.AppName), 0)
	var list []byte
	for _, g := range infos.Games {
		list = append(append(list, g...), 0)
	}
	list = append(list, 0)

	l.mu.Lock()
	l.infos = infos
	l.memory = append(l.memory, app, list)
	if l.trampoline[0] == 0 {
		l.makeTrampolines()
	}
	c := &cInfos{appName: &app[0], gameList: &list[0]}
	if infos.Game != nil {
		c.game = l.trampoline[trampolineGame]
	}
	if infos.ChatReceived != nil {
		c.chatReceived = l.trampoline[trampolineChat]
	}
	if infos.ClientDropped != nil {
		c.dropped = l.trampoline[trampolineDropped]
	}
	if infos.MoreInfos != nil {
		c.moreInfos = l.trampoline[trampolineMore]
	}
	l.mu.Unlock()
	return call(l.setInfos, uintptr(unsafe.Pointer(c)))
}

// makeTrampolines makes C functions of the callbacks. They look the Go function
// up when they are called, because purego can make only some 2,000 in all.
// Arguments are whole registers, of which an int fills the lower half.
func (l *Library) makeTrampolines() {
	l.trampoline[trampolineGame] = purego.NewCallback(func(game *byte, player, players uintptr) uintptr {
		if f := l.callbacks().Game; f != nil {
			return uintptr(f(text(game), int(int32(player)), int(int32(players))))
		}
		return 0
	})
	l.trampoline[trampolineChat] = purego.NewCallback(func(nick, line *byte) uintptr {
		if f := l.callbacks().ChatReceived; f != nil {
			f(text(nick), text(line))
		}
		return 0
	})
	l.trampoline[trampolineDropped] = purego.NewCallback(func(nick *byte, player uintptr) uintptr {
		if f := l.callbacks().ClientDropped; f != nil {
			f(text(nick), int(int32(player)))
		}
		return 0
	})
	l.trampoline[trampolineMore] = purego.NewCallback(func(game *byte) uintptr {
		if f := l.callbacks().MoreInfos; f != nil {
			f(text(game))
		}
		return 0
	})
}

func (l *Library) callbacks() Infos {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.infos
}

// text copies a C string.
func text(s *byte) string {
	if s == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(s), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(s, n))
}
