package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// talkers are honest users who say numbered lines, in the lobby and in a room that they share. Each must hear every
// line of every other, in order.
type talkers struct {
	all  []*talker
	said atomic.Int64
	err  atomic.Pointer[error]
}

type talker struct {
	name  string
	lobby *kclient.Client
	room  *kclient.Room

	mu    sync.Mutex
	said  int
	heard map[string]int // by who says it, how many lines in order
	wrong string         // the first line that came out of order
	deaf  int            // events that it did not take
}

const (
	talkerCount = 4
	// talkEvery is within what one user may say: a line in two seconds.
	talkEvery = 3 * time.Second
	// hearingTime is how long a line may take; with the machine's own delays.
	hearingTime = 5 * time.Second
	sayPrefix   = "line "
)

// openTalkers logs them in.
func openTalkers(ctx context.Context, addr string) (*talkers, error) {
	t := &talkers{}
	for i := range talkerCount {
		name := fmt.Sprint("talker ", i+1)
		lobby, err := kclient.Dial(ctx, addr, kclient.Config{User: name, Emulator: "soak", Connection: wire.LAN})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		who := &talker{name: name, lobby: lobby, heard: map[string]int{}}
		if i == 0 {
			who.room, err = lobby.Create(ctx, "Talk")
		} else {
			who.room, err = lobby.Join(ctx, t.all[0].room.Info().ID)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t.all = append(t.all, who)
	}
	return t, nil
}

// run has them talk until the context ends, and listen until the last line must have come.
func (t *talkers) run(ctx context.Context) {
	var listening sync.WaitGroup
	hear, deafen := context.WithCancel(context.WithoutCancel(ctx))
	for _, who := range t.all {
		listening.Go(func() {
			if err := t.listen(hear, who); err != nil {
				t.err.Store(&err)
			}
		})
	}
	ticker := time.NewTicker(talkEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		for _, who := range t.all {
			line := fmt.Sprint(sayPrefix, who.said)
			if err := errors.Join(who.lobby.Chat(line), who.room.Chat(line)); err != nil {
				err = fmt.Errorf("%s cannot talk: %w", who.name, err)
				t.err.Store(&err)
				continue
			}
			who.mu.Lock()
			who.said++
			who.mu.Unlock()
			t.said.Add(1)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
	time.Sleep(hearingTime)
	deafen()
	listening.Wait()
	for _, who := range t.all {
		who.deaf = who.lobby.DroppedEvents()
		who.lobby.Quit("the soak is over")
	}
}

func (t *talkers) listen(ctx context.Context, who *talker) error {
	for {
		event, err := who.lobby.NextEvent(ctx)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s: %w", who.name, err)
		}
		switch e := event.(type) {
		case kclient.GlobalChat:
			who.hear(e.User, e.User, e.Text)
		case kclient.RoomChat:
			who.hear(e.User, inRoom(e.User), e.Text)
		}
	}
}

// inRoom is what the lines are counted under that somebody says in the room.
func inRoom(user string) string { return user + " in the room" }

func (who *talker) hear(user, as, text string) {
	number, ok := strings.CutPrefix(text, sayPrefix)
	if !ok || !strings.HasPrefix(user, "talker ") {
		return
	}
	who.mu.Lock()
	defer who.mu.Unlock()
	if want := fmt.Sprint(who.heard[as]); number != want && who.wrong == "" {
		who.wrong = fmt.Sprintf("%s heard line %s of %s, not %s", who.name, number, as, want)
	}
	who.heard[as]++
}

// lost says which lines did not arrive.
func (t *talkers) lost() (reasons []string) {
	for _, who := range t.all {
		if who.wrong != "" {
			reasons = append(reasons, who.wrong)
		}
		if who.deaf > 0 {
			reasons = append(reasons, fmt.Sprintf("%s did not listen to %d events", who.name, who.deaf))
		}
		for _, other := range t.all {
			for _, as := range []string{other.name, inRoom(other.name)} {
				if heard := who.heard[as]; heard != other.said {
					reasons = append(reasons, fmt.Sprintf("%s heard %d of the %d lines of %s", who.name, heard,
						other.said, as))
				}
			}
		}
	}
	return reasons
}
