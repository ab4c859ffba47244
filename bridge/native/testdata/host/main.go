// Command host is an emulator in Go that the tests of native run: it loads the
// library named by its first argument, plays as many frames as the second says,
// and prints what happened, a line each.
package main

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"strconv"

	"kbridge/bridge/native"
)

const size = 4

func main() {
	runtime.LockOSThread()
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Println("FAIL", err)
		os.Exit(1)
	}
}

func run(path, count string) error {
	frames, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	l, err := native.Open(path)
	if err != nil {
		return err
	}
	fmt.Println("version", l.Version())
	if d, ok := l.FrameDelay(); !ok || d != 0 {
		return fmt.Errorf("frame delay %d, %t outside a game", d, ok)
	}
	if got := l.ModifyPlayValues(nil, -1); got != -1 {
		return fmt.Errorf("ModifyPlayValues before Init: %d", got)
	}
	if got := l.Init(); got != 0 {
		return fmt.Errorf("Init: %d", got)
	}
	infos := native.Infos{AppName: "host 1.0", Games: []string{"Duel", "Maze"}}
	infos.Game = func(game string, player, players int) int {
		fmt.Println("game", game, player, "of", players)
		play(l, player, players, frames)
		return 0
	}
	infos.ChatReceived = func(nick, text string) { fmt.Println("chat", nick, text) }
	infos.ClientDropped = func(nick string, player int) { fmt.Println("dropped", nick, player) }
	if got := l.SetInfos(infos); got != 0 {
		return fmt.Errorf("SetInfos: %d", got)
	}
	runtime.GC() // what SetInfos was given was copied
	fmt.Println("dialog", l.SelectServerDialog(0))
	fmt.Println("shutdown", l.Shutdown())
	return l.Close()
}

// play runs a machine whose state is the digest of all input: a frame for each call.
func play(l *native.Library, player, players, frames int) {
	digest := fnv.New32a()
	values := make([]byte, native.MaxPlayers*size)
	if player == 1 {
		fmt.Println("said", l.ChatSend("hello"))
	}
	for call := range frames {
		values[0], values[1], values[2], values[3] = byte(player), byte(call), byte(call>>8), 0
		n := l.ModifyPlayValues(values, size)
		if n < 0 {
			fmt.Println("over after", call)
			return
		}
		if n == 0 { // nothing is back yet: nobody presses anything
			n = players * size
			clear(values[:n])
		}
		digest.Write(values[:n])
	}
	delay, _ := l.FrameDelay()
	fmt.Println("delay", delay, "frames", frames, "digest", digest.Sum32())
	fmt.Println("end", l.EndGame())
}
