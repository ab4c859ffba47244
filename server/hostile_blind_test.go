package server_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kbridge/kclient/sim/network"
	"kbridge/kclient/sim/peers"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// crowd logs n users in who answer every 05 from then on.
func (a *arena) crowd(n int) {
	a.t.Helper()
	for i := range n {
		c := a.plain(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 6000))
		c.send(wire.TypeLogin, loginOf(fmt.Sprint("member", i)))
		c.await(wire.TypeUserJoined)
		go c.stay()
	}
}

// stay reads, and answers every 05, until the socket is closed.
func (c *plainClient) stay() {
	buf := make([]byte, 2048)
	c.conn.SetReadDeadline(time.Time{})
	for {
		n, _, err := c.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		c.receive(buf[:n])
		c.got = c.got[:0]
	}
}

func loginOf(user string) []byte {
	return wire.LoginRequest{User: user, Emulator: "emu", Connection: wire.LAN}.AppendTo(nil)
}

// blind is somebody who writes a victim's address into what it sends, and sees no answer.
type blind struct {
	a    *arena
	from netip.AddrPort
	out  peers.Outbox
}

func (b *blind) say(t wire.Type, body []byte) { b.sayAll(1, []wire.Message{{Type: t, Body: body}}) }

// acks says n 06 in one datagram.
func (b *blind) acks(n int) {
	var all []wire.Message
	for range n {
		all = append(all, wire.Message{Type: wire.TypeClientAck, Body: wire.ClientAck{}.AppendTo(nil)})
	}
	b.sayAll(n, all)
}

// sayAll sends messages in one datagram that holds so many.
func (b *blind) sayAll(count int, all []wire.Message) {
	b.out.Keeps = wire.MaxBundle
	for _, m := range all {
		b.out.Add(m.Type, m.Body)
	}
	b.a.forge(b.from, b.out.Last(count))
}

// requireBounded fails when a host was sent more than three times what was sent in its name.
func (a *arena) requireBounded(what string, host netip.Addr) {
	a.t.Helper()
	in, out := a.from(host), a.to(host)
	ratio := float64(out.bytes) / float64(max(in.bytes, 1))
	a.t.Logf("%s: %d datagrams, %d bytes in the victim's name drew %d datagrams, %d bytes: %.2f times as much",
		what, in.datagrams, in.bytes, out.datagrams, out.bytes, ratio)
	require.LessOrEqual(a.t, ratio, 3.0, what)
}

var (
	victim    = netip.MustParseAddrPort("10.9.9.9:99")
	blindLine = network.Profile{Delay: 20 * time.Millisecond}
	talkative = server.Config{MaxUsers: 500, MOTD: strings.Repeat("a long welcome to everybody who comes here\n", 10)}
)

// inCrowd is an arena with members in it, rooms and all.
func inCrowd(t *testing.T, seed uint64, members int, f func(a *arena)) {
	inArena(t, seed, blindLine, talkative, func(a *arena) {
		a.crowd(members)
		f(a)
	})
}

// Row 30: five datagrams, a login and four 06, in whatever way they are timed and packed.
func TestABlindLoginDrawsNoMoreThanThreeTimesItsBytes(t *testing.T) {
	for name, pace := range map[string]time.Duration{
		"at once": 0, "50 ms": 50 * time.Millisecond, "100 ms": 100 * time.Millisecond,
		"300 ms": 300 * time.Millisecond, "500 ms": 500 * time.Millisecond, "one second": time.Second,
	} {
		for _, count := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d messages a datagram", name, count), func(t *testing.T) {
				inCrowd(t, 1, 50, func(a *arena) {
					b := blind{a: a, from: victim}
					b.say(wire.TypeLogin, loginOf("blind"))
					for range 4 {
						time.Sleep(pace)
						b.sayAll(count, []wire.Message{{Type: wire.TypeClientAck,
							Body: wire.ClientAck{}.AppendTo(nil)}})
					}
					time.Sleep(time.Minute)
					a.requireBounded(name, victim.Addr())
				})
			})
		}
	}
}

// Row 30: whoever sends a stream of 06 answers no round as it was asked, whatever its pace.
func TestAStreamOfAnswersProvesNothing(t *testing.T) {
	for _, gap := range []time.Duration{1, 10, 30, 60, 61, 100, 300, 1000} {
		gap *= time.Millisecond
		t.Run(gap.String(), func(t *testing.T) {
			inCrowd(t, 2, 50, func(a *arena) {
				b := blind{a: a, from: victim}
				b.say(wire.TypeLogin, loginOf("blind"))
				for range int(time.Minute / max(gap, 10*time.Millisecond)) {
					time.Sleep(gap)
					b.acks(1)
				}
				time.Sleep(10 * time.Second)
				a.requireBounded(gap.String(), victim.Addr())
			})
		})
	}
}

// Row 30: a forger that guesses the number of each round gets nothing for it that it has not paid for: 400 tries of the
// best kind, three guesses, spread so that each can be right.
func TestGuessingTheRoundsDoesNotPay(t *testing.T) {
	inCrowd(t, 3, 100, func(a *arena) {
		for try := range 400 {
			b := blind{a: a, from: netip.AddrPortFrom(victim.Addr(), uint16(1000+try))}
			b.say(wire.TypeLogin, loginOf(fmt.Sprint("blind", try)))
			time.Sleep(40 * time.Millisecond)
			b.acks(1)
			for round := range 4 {
				time.Sleep(150 * time.Millisecond)
				b.acks(1 + (try>>round)%3)
			}
			time.Sleep(100 * time.Millisecond)
		}
		time.Sleep(20 * time.Second)
		a.requireBounded("guesses", victim.Addr())
	})
}

// Row 30: the budget is the host's, however many of its ports log in and quit, one after the other.
func TestLoginsAndQuitsOfManyPortsOfOneHostShareItsBudget(t *testing.T) {
	inCrowd(t, 4, 50, func(a *arena) {
		end := time.Now().Add(time.Minute)
		for n := 0; time.Now().Before(end); n++ {
			b := blind{a: a, from: netip.AddrPortFrom(victim.Addr(), uint16(1000+n%30))}
			b.say(wire.TypeLogin, loginOf(fmt.Sprint("blind", n%30)))
			for range 4 {
				time.Sleep(25 * time.Millisecond)
				b.acks(1)
			}
			time.Sleep(100 * time.Millisecond)
			b.say(wire.TypeUserQuit, wire.QuitRequest{}.AppendTo(nil))
		}
		time.Sleep(30 * time.Second)
		a.requireBounded("login and quit from 30 ports", victim.Addr())
	})
}

// sitting logs a blind user in who has waited long enough to be one.
func (a *arena) sitting() *blind {
	b := &blind{a: a, from: victim}
	b.say(wire.TypeLogin, loginOf("blind"))
	for range 4 {
		time.Sleep(40 * time.Millisecond)
		b.acks(1)
	}
	time.Sleep(3 * time.Second)
	return b
}

// Row 30: what others say and do counts as well.
func TestWhatOthersSayIsPaidForByWhoHearsIt(t *testing.T) {
	inCrowd(t, 5, 30, func(a *arena) {
		talker := a.plain(netip.MustParseAddrPort("10.2.0.1:6000"))
		talker.send(wire.TypeLogin, loginOf("talker"))
		talker.await(wire.TypeUserJoined)
		go talker.stay()
		b := a.sitting()
		for n := range 60 {
			talker.send(wire.TypeGlobalChat, wire.ChatRequest{Text: strings.Repeat("talk ", 20)}.AppendTo(nil))
			talker.send(wire.TypeCreateGame, wire.CreateRequest{Game: "a game with a name"}.AppendTo(nil))
			time.Sleep(500 * time.Millisecond)
			talker.send(wire.TypeQuitGame, wire.LeaveRequest{}.AppendTo(nil))
			time.Sleep(500 * time.Millisecond)
			if n%10 == 0 {
				b.say(wire.TypeKeepAlive, wire.KeepAlive{}.AppendTo(nil))
			}
		}
		a.requireBounded("chat and rooms of others", victim.Addr())
	})
}

// Row 30: a blind user whose accomplice sees the lobby enters a room and plays. With eight players and large inputs a
// game message is many times what each of them sends.
func TestABlindPlayerDrawsNoMoreThanThreeTimesItsBytes(t *testing.T) {
	for _, size := range []int{2, 24, 120} {
		t.Run(fmt.Sprint(size, " bytes"), func(t *testing.T) {
			inArena(t, 6, blindLine, server.Config{}, func(a *arena) {
				owner := a.plain(netip.MustParseAddrPort("10.2.0.1:6000"))
				players := []*plainClient{owner}
				for i := range 7 {
					c := owner
					if i > 0 {
						c = a.plain(netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, 0, byte(1 + i)}), 6000))
						players = append(players, c)
					}
					c.send(wire.TypeLogin, loginOf(fmt.Sprint("accomplice", i)))
					c.await(wire.TypeUserJoined)
				}
				b := a.sitting()
				owner.send(wire.TypeCreateGame, wire.CreateRequest{Game: "Pong"}.AppendTo(nil))
				created, err := wire.ParseGameCreated(owner.await(wire.TypeCreateGame).Body)
				require.NoError(t, err)
				for _, c := range players {
					go c.stay()
				}
				join := wire.JoinRequest{GameID: created.GameID, Connection: wire.LAN}.AppendTo(nil)
				for _, c := range players[1:] {
					c.send(wire.TypeJoinGame, join)
				}
				b.say(wire.TypeJoinGame, join)
				time.Sleep(time.Second)
				owner.send(wire.TypeStartGame, wire.StartRequest{}.AppendTo(nil))
				time.Sleep(10 * time.Second) // netsync
				a.requireBounded("netsync", victim.Addr())
				for _, c := range players {
					c.send(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
				}
				b.say(wire.TypeReady, wire.ReadyRequest{}.AppendTo(nil))
				time.Sleep(time.Second)
				input := make([]byte, size)
				for frame := range 1800 {
					input[0], input[1] = byte(frame), byte(frame>>8)
					for _, c := range players {
						c.send(wire.TypeGameData, wire.AppendGameData(nil, input))
					}
					b.say(wire.TypeGameData, wire.AppendGameData(nil, input))
					time.Sleep(time.Second / 60)
				}
				time.Sleep(20 * time.Second)
				t.Logf("%d frames", a.server.Stats().Frames)
				a.requireBounded(fmt.Sprintf("a game of eight players, %d bytes each", size), victim.Addr())
			})
		})
	}
}

// Row 30: a hundred hosts at once.
func TestAHundredForgedHostsAreBoundedEach(t *testing.T) {
	inCrowd(t, 7, 50, func(a *arena) {
		host := func(n int) netip.AddrPort {
			return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 9, 8, byte(n)}), 99)
		}
		all := make([]blind, 100)
		for n := range all {
			all[n] = blind{a: a, from: host(n)}
			all[n].say(wire.TypeLogin, loginOf(fmt.Sprint("blind", n)))
		}
		for range 4 {
			time.Sleep(60 * time.Millisecond)
			for n := range all {
				all[n].acks(1)
			}
		}
		time.Sleep(time.Minute)
		worst := 0.0
		for n := range all {
			in, out := a.from(host(n).Addr()), a.to(host(n).Addr())
			worst = max(worst, float64(out.bytes)/float64(in.bytes))
		}
		t.Logf("the worst of a hundred hosts: %.2f times as much", worst)
		require.LessOrEqual(t, worst, 3.0)
	})
}

// Row 30: an honest old client proves where it is, sees the whole list of a large server, and how long that takes.
func TestOldClientsSeeTheWholeListOfALargeServer(t *testing.T) {
	for _, users := range []int{5, 100, 500} {
		for _, rtt := range []time.Duration{20, 100, 250, 1000} {
			for _, loss := range []float64{0, 0.1} {
				rtt := rtt * time.Millisecond
				if server.RaceEnabled && (users > 100 || loss > 0 || rtt != 100*time.Millisecond) {
					continue
				}
				inArena(t, 8, network.Profile{Delay: time.Millisecond}, server.Config{MaxUsers: 600}, func(a *arena) {
					a.crowd(users)
					report := fmt.Sprintf("%d users, %v, loss %v:", users, rtt, loss)
					for _, supra := range []bool{false, true} {
						host := netip.AddrFrom4([4]byte{10, 3, 0, map[bool]byte{false: 1, true: 2}[supra]})
						line := network.Profile{Delay: rtt / 2, Loss: loss}
						a.net.SetPath(host, a.addr.Addr(), line)
						a.net.SetPath(a.addr.Addr(), host, line)
						begun := time.Now()
						c, err := a.old(supra, peers.Options{User: fmt.Sprint("old", supra),
							Emulator:   "Project 64k 0.13",
							Connection: wire.LAN, Host: host, Tries: 5})
						require.NoError(t, err, report)
						in := time.Since(begun)
						for len(c.Users()) < users+1 && time.Since(begun) < 5*time.Minute {
							time.Sleep(5 * time.Millisecond)
						}
						require.GreaterOrEqual(t, len(c.Users()), users+1, "%s %v: %v", report, supra, c.Err())
						report += fmt.Sprintf(" %s in after %v, list whole after %v;", map[bool]string{false: "n02",
							true: "supra"}[supra],
							in.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond))
					}
					t.Log(report)
				})
			}
		}
	}
}
