package lobby

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kbridge/bridge/lobby/masterlist"
	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient"
	"kbridge/kclient/text"
)

// serverList is every server that the player could go to.
type serverList struct {
	byAddress map[string]*message.Server
	order     []string           // of the addresses: the player's own first, then as the lists have them
	named     map[string]namedBy // by address, by whom the player trusts most
	pinger    *pinger
	sources   []message.Source
	lists     map[string]masterlist.List // by source
	fetching  context.CancelFunc
	round     int // of fetching and pinging; what comes from an earlier one is stale
}

// begin shows what is known without asking anybody, and asks.
func (l *serverList) begin(d *desk) {
	l.byAddress = map[string]*message.Server{}
	l.lists = map[string]masterlist.List{}
	l.pinger = &pinger{lookup: d.lobby.cfg.Lookup, places: make(chan struct{}, pingsAtOnce)}
	l.refresh(d)
}

// refresh asks every source, and pings every server as it becomes known.
func (l *serverList) refresh(d *desk) {
	if l.fetching != nil {
		l.fetching()
	}
	var ctx context.Context
	ctx, l.fetching = context.WithCancel(d.ctx)
	l.round++
	l.pinger.round()
	round := l.round
	l.sources = l.sources[:0]
	sources := d.settings.Get().Sources
	for source := range l.lists {
		if !slices.Contains(sources, source) {
			delete(l.lists, source)
		}
	}
	for _, s := range l.byAddress {
		s.Ping = 0
	}
	fetcher := &masterlist.Fetcher{Client: d.lobby.cfg.Client, Lookup: d.lobby.cfg.Lookup,
		Folder: filepath.Join(d.folder, "lists")}
	if d.folder == "" {
		fetcher.Folder = ""
	}
	for _, source := range sources {
		l.sources = append(l.sources, message.Source{URL: source, State: "loading"})
		d.begin(func(context.Context) func() {
			list, err := fetcher.Fetch(ctx, source)
			return func() {
				if l.round == round {
					l.fetched(d, ctx, source, list, err)
				}
			}
		})
	}
	l.merge(d)
	l.ping(d, ctx, l.order)
	d.tell(l.shownSources())
	d.tell(message.Servers{List: l.all()})
}

// fetched takes a source's answer.
func (l *serverList) fetched(d *desk, ctx context.Context, source string, list masterlist.List, err error) {
	for i := range l.sources {
		s := &l.sources[i]
		if s.URL != source {
			continue
		}
		s.Servers, s.State = len(list.Servers), "ok"
		if !list.At.IsZero() {
			s.At = list.At.UnixMilli()
		}
		if err != nil {
			d.log.Info("a list of servers does not answer", "source", source, "err", err)
			s.Error = text.Sanitise(err.Error())
			s.State = "failed"
			if list.Cached {
				s.State = "cached"
			}
		}
	}
	l.lists[source] = list
	known := l.byAddress
	l.merge(d)
	var fresh []string
	for _, address := range l.order {
		if known[address] == nil {
			fresh = append(fresh, address)
		}
	}
	l.ping(d, ctx, fresh)
	d.tell(l.shownSources())
	d.tell(message.Servers{List: l.all()})
	d.tell(l.shownWaiting(d))
}

// merge puts favourites, recent servers, our own and lists into one, in this order, so that no list can push out what
// the player has chosen. Pings stay.
func (l *serverList) merge(d *desk) {
	before := l.byAddress
	l.byAddress, l.named, l.order = map[string]*message.Server{}, map[string]namedBy{}, nil
	at := func(address string, by namedBy) *message.Server {
		s := l.byAddress[address]
		if s == nil {
			if len(l.byAddress) >= maxServers {
				return &message.Server{} // nobody will see it
			}
			s = &message.Server{Address: address, Users: -1, MaxUsers: -1, Games: -1}
			if b := before[address]; b != nil {
				s.Ping = b.Ping
			}
			l.byAddress[address] = s
			l.order = append(l.order, address)
		}
		l.named[address] = max(l.named[address], by)
		return s
	}
	names := map[string]string{} // the player's own, for servers that no list names
	set := d.settings.Get()
	for i, f := range set.Favourites {
		s := at(f.Address, byPlayer)
		s.Favourite, s.Note = i+1, f.Note
		names[f.Address] = f.Name
	}
	for _, r := range set.Recent {
		at(r.Address, byPlayer).Recent = r.At.UnixMilli()
		if names[r.Address] == "" {
			names[r.Address] = r.Name
		}
	}
	if d.host.address != "" {
		at(d.host.address, byPlayer)
	}
	for _, source := range l.sources {
		by := byPublicList
		if masterlist.Local(source.URL) {
			by = byLocalList
		}
		for _, m := range l.lists[source.URL].Servers {
			s := at(m.Address, by)
			s.Name, s.Users, s.MaxUsers, s.Games = m.Name, m.Users, m.MaxUsers, m.Games
			s.Version, s.Location, s.Listed = m.Version, m.Location, true
		}
	}
	for address, name := range names {
		if s := l.byAddress[address]; s != nil && s.Name == "" {
			s.Name = name
		}
	}
	if s := l.byAddress[d.host.address]; s != nil {
		s.Name = d.host.shown.Name
	}
}

// all are the servers, in a fixed order.
func (l *serverList) all() []message.Server {
	list := make([]message.Server, 0, len(l.byAddress))
	for _, s := range l.byAddress {
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b message.Server) int { return strings.Compare(a.Address, b.Address) })
	return list
}

func (l *serverList) shownSources() message.Sources {
	return message.Sources{List: slices.Clone(l.sources)}
}

// shownWaiting are the games that wait on any server, each once.
func (l *serverList) shownWaiting(d *desk) message.WaitingGames {
	var shown message.WaitingGames
	seen := map[masterlist.Waiting]bool{}
	for _, source := range l.sources {
		for _, w := range l.lists[source.URL].Waiting {
			if seen[w] {
				continue
			}
			seen[w] = true
			shown.List = append(shown.List, message.WaitingGame{Game: w.Game, Address: w.Address, User: w.User,
				Emulator: w.Emulator,
				Players:  w.Players, Server: w.Server, Location: w.Location, Have: d.has(w.Game)})
		}
	}
	return shown
}

// favour makes, moves or ends a favourite.
func (d *desk) favour(m message.Favour) *message.Problem {
	address, ok := serverAddress(m.Address)
	if !ok {
		return problem("address", m.Address)
	}
	name := ""
	if s := d.servers.byAddress[address]; s != nil {
		name = s.Name
	}
	full := false
	err := d.settings.Change(func(s *settings.Settings) {
		at := slices.IndexFunc(s.Favourites, func(f settings.Favourite) bool { return f.Address == address })
		f := settings.Favourite{Address: address, Name: name}
		if at >= 0 {
			f = s.Favourites[at]
			s.Favourites = slices.Delete(s.Favourites, at, at+1)
		}
		if m.Place <= 0 {
			return
		}
		if full = len(s.Favourites) >= settings.MaxFavourites; full {
			return
		}
		f.Note = m.Note
		s.Favourites = slices.Insert(s.Favourites, min(m.Place-1, len(s.Favourites)), f)
	})
	d.changedServers(address)
	switch {
	case full:
		return problem("limit", strconv.Itoa(settings.MaxFavourites))
	case err != nil:
		return problem("file", err.Error())
	}
	return nil
}

// forget takes a server from the recent ones.
func (d *desk) forget(address string) *message.Problem {
	err := d.settings.Change(func(s *settings.Settings) {
		s.Recent = slices.DeleteFunc(s.Recent, func(r settings.Recent) bool { return r.Address == address })
	})
	d.changedServers("")
	if err != nil {
		return problem("file", err.Error())
	}
	return nil
}

// remember puts a server in front of the recent ones.
func (d *desk) remember(address, name string) {
	err := d.settings.Change(func(s *settings.Settings) {
		s.Recent = slices.DeleteFunc(s.Recent, func(r settings.Recent) bool { return r.Address == address })
		s.Recent = slices.Insert(s.Recent, 0, settings.Recent{Address: address, Name: name, At: time.Now()})
	})
	if err != nil {
		d.log.Warn("the recent server is not kept", "err", err)
	}
	d.changedServers("")
}

// changedServers shows the list anew, and pings a server that is new in it.
func (d *desk) changedServers(address string) {
	l := &d.servers
	_, known := l.byAddress[address]
	l.merge(d)
	if _, is := l.byAddress[address]; is && !known {
		l.ping(d, d.ctx, []string{address})
	}
	d.tell(message.Servers{List: l.all()})
}

// serverAddress is the address that a player typed, with the usual port if it has
// none.
func serverAddress(typed string) (string, bool) {
	a, err := text.ParseAddress(typed, kclient.DefaultPort)
	return a.String(), err == nil
}
