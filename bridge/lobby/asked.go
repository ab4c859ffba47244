package lobby

import (
	"context"
	"strings"

	"kbridge/bridge/lobby/message"
	"kbridge/kclient"
	"kbridge/kclient/text"
)

// done answers a page's request that had an ID.
func (d *desk) done(t *tab, id int, wrong *message.Problem) {
	if id > 0 && t != nil {
		d.tellOne(t, message.Done{Re: id, Error: wrong})
	}
}

// heard does what a page asks for. What takes time answers later.
func (d *desk) heard(p pageMessage) {
	if !d.tabs[p.from] {
		return
	}
	if p.err != nil {
		d.log.Debug("a page said what makes no sense", "err", p.err)
		d.done(p.from, p.id, problem("internal", text.Sanitise(p.err.Error())))
		return
	}
	var wrong *message.Problem
	switch m := p.message.(type) {
	case message.Create:
		d.create(p.from, p.id, m.Game)
		return
	case message.Join:
		d.join(p.from, p.id, m.Game)
		return
	case message.Start:
		d.ask(p.from, p.id, "start", func(ctx context.Context, r *kclient.Room) error { return r.Start(ctx) })
		return
	case message.Kick:
		d.ask(p.from, p.id, "kick", func(ctx context.Context, r *kclient.Room) error {
			return r.Kick(ctx,
				uint16(m.User))
		})
		return
	case message.Leave:
		d.play.stop()
		d.ask(p.from, p.id, "leave", func(ctx context.Context, r *kclient.Room) error { return r.Leave(ctx) })
		return
	case message.SetSettings:
		wrong = d.setSettings(m)
	case message.Refresh:
		d.servers.refresh(d)
	case message.Connect:
		wrong = d.connect(m.Address, nil)
	case message.Cancel:
		if d.visit != nil && d.visit.lobby == nil {
			d.disconnect()
		}
	case message.Disconnect:
		d.disconnect()
	case message.Favour:
		wrong = d.favour(m)
	case message.Forget:
		wrong = d.forget(m.Address)
	case message.Say:
		wrong = d.speak(m)
	case message.Ignore:
		wrong = d.ignore(m)
	case message.SetAway:
		d.session.Away = m.On && d.visit != nil
		d.tell(d.session)
	case message.FindGames:
		d.tellOne(p.from, d.find(m.Query))
	case message.MoreInfos:
		if g, ok := d.emulator.Find(m.Game); ok {
			d.dialog.MoreInfos(g)
		} else {
			wrong = problem("game", m.Game)
		}
	case message.Drop:
		d.play.stop()
	case message.ComeBack:
		if d.comeback == nil {
			wrong = problem("state", "")
		} else {
			wrong = d.connect(d.comeback.Server, d.comeback)
		}
	case message.ListRecords:
		d.listRecords()
		d.tell(d.records)
	case message.DeleteRecord:
		wrong = d.deleteRecord(m.File)
	case message.PlayRecord:
		wrong = d.playRecord(m.File)
	case message.Playback:
		wrong = d.steer(m)
	case message.StartHost:
		wrong = d.startHost(m)
	case message.StopHost:
		d.stopHost()
	case message.Back:
		d.over = overBack
	}
	d.done(p.from, p.id, wrong)
}

// speak says something to the lobby, the room, or one user.
func (d *desk) speak(m message.Say) *message.Problem {
	v := d.visit
	if v == nil || v.lobby == nil {
		return problem("state", "")
	}
	text := strings.TrimSpace(text.Sanitise(m.Text))
	if text == "" {
		return nil
	}
	var err error
	switch {
	case m.Where == "room" && v.room != nil:
		err = v.room.Chat(text)
	case m.Where == "lobby":
		err = v.lobby.Chat(text)
	case m.Where == "private" && m.To > 0 && m.To <= 0xFFFF:
		err = v.lobby.Private(uint16(m.To), text)
	default:
		return problem("state", "")
	}
	return problemOf(err)
}

// find looks through the emulator's games: those that begin with the words first,
// then those that have them all somewhere.
func (d *desk) find(query string) message.FoundGames {
	found := message.FoundGames{Query: query}
	q := strings.ToLower(strings.TrimSpace(query))
	words := strings.Fields(q)
	var later []string
	for _, g := range d.emulator.Games {
		name := strings.ToLower(g.Name)
		if strings.HasPrefix(name, q) {
			found.Total++
			if len(found.Games) < message.MaxFound {
				found.Games = append(found.Games, g.Name)
			}
			continue
		}
		all := true
		for _, w := range words {
			all = all && strings.Contains(name, w)
		}
		if all {
			found.Total++
			if len(later) < message.MaxFound {
				later = append(later, g.Name)
			}
		}
	}
	found.Games = append(found.Games, later...)
	found.Games = found.Games[:min(len(found.Games), message.MaxFound)]
	return found
}
