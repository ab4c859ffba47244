package lobby

import (
	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
)

// Version is what the page says of this library.
const Version = "kbridge 1.0"

// state is everything that a new page needs to know.
func (d *desk) state() []message.ToPage {
	return []message.ToPage{
		d.hello(), d.shownSettings(), d.servers.shownSources(), message.Servers{List: d.servers.all()},
		d.servers.shownWaiting(d),
		d.session, message.Users{List: d.users()}, message.Games{List: d.games()}, d.room, d.play.whole(), d.records,
		d.host.shown,
		message.Chat{Lines: d.chat.lines},
	}
}

func (d *desk) hello() message.Hello {
	h := message.Hello{
		Emulator: d.emulator.Name, GameCount: len(d.emulator.Games), FirstRun: d.settings.Get().Nick == "",
		Version: Version,
		Now:     now(), Charsets: text.CharsetNames(), Charset: d.dialog.DefaultCharset().Name(), Problem: d.problem,
		MoreInfos: d.dialog.HasMoreInfos(),
	}
	for _, a := range advice {
		h.Connections = append(h.Connections, message.Connection{Type: int(a.connection), Name: a.connection.String(),
			FramesPerPacket: a.connection.Frames(), MaxPing: int(a.upTo.Milliseconds())})
	}
	if d.comeback != nil {
		h.Comeback = d.comeback.Game
	}
	return h
}

func (d *desk) shownSettings() message.Settings {
	s := d.settings.Get()
	return message.Settings{
		Nick: s.Nick, Connection: d.connection(s), Charset: s.Charset, Record: s.Record, Sound: s.Sound, Theme: s.Theme,
		Language: s.Language,
		Sources:  s.Sources, File: d.settings.Path(), Folder: recordFolder(d.dialog, d.folder, s.RecordFolder),
	}
}

// connection is the connection type that was chosen, or what most lines bear.
func (d *desk) connection(s settings.Settings) int {
	if s.Connection == 0 {
		return int(wire.LAN)
	}
	return s.Connection
}

// setSettings changes what the message holds.
func (d *desk) setSettings(m message.SetSettings) *message.Problem {
	var wrong *message.Problem
	if m.Nick != nil && text.Sanitise(*m.Nick) == "" {
		return problem("nick", "")
	}
	if m.Connection != nil && !wire.ConnectionType(*m.Connection).Valid() || m.Connection != nil &&
		*m.Connection > 255 {
		return problem("limit", "connection")
	}
	if m.Sources != nil {
		for _, source := range *m.Sources {
			if !settings.IsSource(source) {
				return problem("source", source)
			}
		}
	}
	err := d.settings.Change(func(s *settings.Settings) {
		set(&s.Nick, m.Nick)
		set(&s.Connection, m.Connection)
		set(&s.Charset, m.Charset)
		set(&s.Record, m.Record)
		set(&s.Sound, m.Sound)
		set(&s.Theme, m.Theme)
		set(&s.Language, m.Language)
		set(&s.Sources, m.Sources)
	})
	if err != nil {
		d.log.Warn("settings are not kept", "err", err)
		wrong = problem("file", err.Error())
	}
	if m.Charset != nil && d.visit == nil {
		d.setCharset(d.charset())
	}
	d.tell(d.shownSettings())
	if m.Sources != nil {
		d.servers.refresh(d)
	}
	return wrong
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

func problem(code, text string) *message.Problem { return &message.Problem{Code: code, Text: text} }
