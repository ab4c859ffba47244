package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"kbridge/kclient/text"
	"kbridge/kclient/wire"
	"kbridge/server"
)

type options struct {
	listen   string
	gamePort int
	level    slog.Level
	json     bool
	version  bool
	config   server.Config
}

// maxMOTD is how long the welcome may be, in bytes: 32 lines of chat length.
const maxMOTD = 32 * wire.MaxChat

// parseFlags reads and checks the flags. Errors name the flag, what it got and
// what it takes; help goes to out.
func parseFlags(args []string, out io.Writer) (options, error) {
	var o options
	c := &o.config
	set := flag.NewFlagSet("kaillera-server", flag.ContinueOnError)
	set.SetOutput(io.Discard) // the error is enough, without the help below it
	set.Var(textValue(&o.listen, ":27888", "host:port, such as :27888 or 127.0.0.1:27888", isAddress),
		"listen", "UDP `address` for HELLO, host:port; the host may be empty for all")
	set.Var(number(&o.gamePort, 0, 0, 65535),
		"game-port", "UDP `port` for sessions; 0 for the port of -listen")
	set.Var(textValue(&c.Name, "kbridge server", fmt.Sprintf("a text of 1 to %d bytes", wire.MaxGameName), isName),
		"name", "`name` of the server, said in the welcome")
	set.Var(textValue(&c.MOTD, "", fmt.Sprintf("a text of at most %d bytes and 32 lines", maxMOTD), isMOTD),
		"motd", "`text` of the welcome; \\n begins a new line")
	set.Var(number(&c.MaxUsers, 100, 1, 10_000),
		"max-users", "`users` that may be logged in at once, 1 to 10000")
	set.Var(number(&c.MaxUsersPerAddress, 0, -1, 10_000),
		"max-users-per-address", "`users` of one IPv4 address or IPv6 /64, 1 to 10000; 0 is 32, -1 is any number")
	set.Var(number(&c.MaxGames, 100, 1, 10_000),
		"max-games", "`rooms` that may be open at once, 1 to 10000")
	set.Var(duration(&c.MaxPing, 250*time.Millisecond, time.Millisecond, time.Second),
		"max-ping", "largest `ping` that may log in, 1ms to 1s")
	set.Var(textValue(&c.Charset, "windows-1252", "one of "+strings.Join(text.CharsetNames(), ", "), isCharset),
		"charset", "`charset` of names and chat: "+strings.Join(text.CharsetNames(), ", "))
	set.Var(word(&c.Padding, "auto", map[string]server.Padding{
		"auto": server.PaddingAuto, "on": server.PaddingOn, "off": server.PaddingOff}, "auto", "on", "off"),
		"padding", "frames of zeros for slower players at a game's start: `auto`, on or off")
	set.Var(word(&c.FrameDelay, "auto", map[string]server.FrameDelay{
		"auto": server.FrameDelayAuto, "own": server.FrameDelayOwn, "same": server.FrameDelaySame}, "auto", "own", "same"),
		"frame-delay", "`delay` of the players of a game: auto, own (each that of its ping) or same (everybody the longest)")
	set.Var(names(&c.SameDelayEmulators, "Nestopia", 64, wire.MaxEmulatorName),
		"same-delay-emulators", "`names`, or beginnings of names, with commas between them: emulators that get the same delay with -frame-delay auto")
	set.Var(duration(&c.Stall, 10*time.Second, time.Second, time.Hour),
		"stall-time", "`time` that a player may hold up a game, 1s to 1h")
	set.Var(duration(&c.NetsyncStall, 120*time.Second, time.Second, time.Hour),
		"netsync-time", "`time` that a player may take to load a game, 1s to 1h")
	set.Var(duration(&c.Comeback, 60*time.Second, time.Second, time.Hour),
		"comeback-time", "`time` for which the place of a player who lost the connection in a game is kept, 1s to 1h")
	set.Var(duration(&c.ComebackWait, 10*time.Second, time.Second, time.Hour),
		"comeback-wait", "`time` that the others wait for such a player before they play on with zeros for it, 1s to 1h")
	set.Var(duration(&c.KeepAlive, 190*time.Second, 70*time.Second, 24*time.Hour),
		"keep-alive", "`time` that a user may be silent, 70s to 24h")
	set.Var(word(&o.level, "info", map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError},
		"debug", "info", "warn", "error"),
		"log-level", "`level` of the log: debug, info, warn or error")
	set.Var(word(&o.json, "text", map[string]bool{"text": false, "json": true}, "text", "json"),
		"log-format", "`format` of the log: text or json")
	set.BoolVar(&o.version, "version", false, "print the version and the revision it was built from, and end")
	set.Usage = func() {}

	err := set.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(out, "kaillera-server runs a Kaillera server until Ctrl-C.\n\nFlags:\n")
		set.SetOutput(out)
		set.PrintDefaults()
	}
	if err == nil && set.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q: only flags are taken", set.Arg(0))
	}
	c.MOTD = unescape(c.MOTD)
	return o, err
}

// unescape makes lines of a text that stands on a command line.
func unescape(motd string) string { return strings.ReplaceAll(motd, `\n`, "\n") }

func isAddress(s string) bool {
	_, err := text.ParseListen(s)
	return err == nil
}

func isName(s string) bool { return strings.TrimSpace(s) != "" && len(s) <= wire.MaxGameName }

func isMOTD(s string) bool {
	return len(s) <= maxMOTD && strings.Count(unescape(s), "\n") < 32
}

func isCharset(s string) bool {
	_, err := text.LookupCharset(s)
	return err == nil
}

func (o options) handler(out io.Writer) slog.Handler {
	h := &slog.HandlerOptions{Level: o.level}
	if o.json {
		return slog.NewJSONHandler(out, h)
	}
	return slog.NewTextHandler(out, h)
}
