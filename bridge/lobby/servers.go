package lobby

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kbridge/bridge/lobby/masterlist"
	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient"
	"kbridge/kclient/wire"
)

// serverList is every server that the player could go to.
type serverList struct {
	byAddress map[string]*message.Server
	sources   []message.Source
	lists     map[string]masterlist.List // by source
	fetching  context.CancelFunc
	round     int // of fetching and pinging; what comes from an earlier one is stale
}

// begin shows what is known without asking anybody, and asks.
func (l *serverList) begin(d *desk) {
	l.byAddress = map[string]*message.Server{}
	l.lists = map[string]masterlist.List{}
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
	fetcher := &masterlist.Fetcher{Client: d.lobby.cfg.Client, Folder: filepath.Join(d.folder, "lists")}
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
	l.ping(d, ctx, l.addresses())
	d.tell(l.shownSources())
	d.tell(message.Servers{List: l.all()})
}

func (l *serverList) addresses() []string {
	var list []string
	for address := range l.byAddress {
		list = append(list, address)
	}
	return list
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
			s.Error = wire.Sanitise(err.Error())
			s.State = "failed"
			if list.Cached {
				s.State = "cached"
			}
		}
	}
	l.lists[source] = list
	known := l.addresses()
	l.merge(d)
	var fresh []string
	for _, address := range l.addresses() {
		if !slices.Contains(known, address) {
			fresh = append(fresh, address)
		}
	}
	l.ping(d, ctx, fresh)
	d.tell(l.shownSources())
	d.tell(message.Servers{List: l.all()})
	d.tell(l.shownWaiting(d))
}

// merge puts lists, favourites, recent servers and our own into one. Pings stay.
func (l *serverList) merge(d *desk) {
	before := l.byAddress
	l.byAddress = map[string]*message.Server{}
	at := func(address string) *message.Server {
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
		}
		return s
	}
	for _, source := range l.sources {
		for _, m := range l.lists[source.URL].Servers {
			s := at(m.Address)
			s.Name, s.Users, s.MaxUsers, s.Games = m.Name, m.Users, m.MaxUsers, m.Games
			s.Version, s.Location, s.Listed = m.Version, m.Location, true
		}
	}
	set := d.settings.Get()
	for i, f := range set.Favourites {
		s := at(f.Address)
		s.Favourite, s.Note = i+1, f.Note
		if s.Name == "" {
			s.Name = f.Name
		}
	}
	for _, r := range set.Recent {
		s := at(r.Address)
		s.Recent = r.At.UnixMilli()
		if s.Name == "" {
			s.Name = r.Name
		}
	}
	if d.host.address != "" {
		at(d.host.address).Name = d.host.shown.Name
	}
}

// ping pings servers, a bounded number at once, and shows each as it answers.
func (l *serverList) ping(d *desk, ctx context.Context, addresses []string) {
	if len(addresses) == 0 {
		return
	}
	round := l.round
	d.begin(func(context.Context) func() {
		places := make(chan struct{}, pingsAtOnce)
		var all sync.WaitGroup
		for _, address := range addresses {
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
			}
			if ctx.Err() != nil {
				break
			}
			all.Go(func() {
				defer func() { <-places }()
				ms := -1
				for range pingTries {
					within, cancel := context.WithTimeout(ctx, pingTimeout)
					rtt, err := kclient.Ping(within, address)
					cancel()
					if err == nil {
						ms = max(int(rtt.Milliseconds()), 1)
						break
					}
				}
				d.put(ctx, func() {
					if s := l.byAddress[address]; s != nil && l.round == round {
						s.Ping = ms
						d.tell(message.ServerChanged{Server: *s})
					}
				})
			})
		}
		all.Wait()
		return nil
	})
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
			shown.List = append(shown.List, message.WaitingGame{Game: w.Game, Address: w.Address, User: w.User, Emulator: w.Emulator,
				Players: w.Players, Server: w.Server, Location: w.Location, Have: d.has(w.Game)})
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
	s := strings.TrimSpace(typed)
	if s == "" || len(s) > 255 || wire.Sanitise(s) != s || strings.ContainsAny(s, " \t/\\@?#<>\"'&") {
		return "", false
	}
	host, port, err := net.SplitHostPort(s)
	var missing *net.AddrError
	if errors.As(err, &missing) && missing.Err == "missing port in address" || err != nil && strings.Count(s, ":") > 1 && !strings.HasPrefix(s, "[") {
		host, port, err = strings.Trim(s, "[]"), strconv.Itoa(kclient.DefaultPort), nil
	}
	if err != nil || host == "" {
		return "", false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return "", false
	}
	return net.JoinHostPort(host, strconv.FormatUint(n, 10)), true
}
