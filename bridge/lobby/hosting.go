package lobby

import (
	"net"
	"net/netip"
	"slices"
	"strconv"

	"kbridge/bridge/lobby/message"
	"kbridge/bridge/lobby/settings"
	"kbridge/kclient"
	"kbridge/kclient/guard"
	"kbridge/kclient/text"
	"kbridge/kclient/wire"
	"kbridge/server"
)

// The states of the hosted server, as the page knows them.
const (
	hostOff    = "off"
	hostOn     = "on"
	hostFailed = "failed"
)

// maxHosted is how many users a hosted server takes: friends, not the world.
const maxHosted = 32

// hosting is the server inside of this library.
type hosting struct {
	server  *server.Server
	address string // under which we reach it; "" when there is none
	shown   message.Host
}

// startHost starts the server and goes there.
func (d *desk) startHost(m message.StartHost) *message.Problem {
	switch {
	case d.host.server != nil || d.busy():
		return problem("busy", "")
	case m.Port < 0 || m.Port > 65535:
		return problem("limit", "port")
	case d.settings.Get().Nick == "":
		return problem("nick", "")
	}
	name := text.Sanitise(m.Name)
	if name == "" {
		name = d.settings.Get().Nick
	}
	if len(name) > wire.MaxGameName {
		return problem("limit", "name")
	}
	failed := func(err error) *message.Problem {
		d.log.Warn("no server can be hosted", "err", err)
		d.host.shown = message.Host{State: hostFailed, Name: name, Error: text.Sanitise(err.Error())}
		d.tell(d.host.shown)
		return problem("host", d.host.shown.Error)
	}
	srv, err := server.New(server.Config{Name: name, MaxUsers: maxHosted, Charset: d.charset().Name(), Logger: d.log})
	if err != nil {
		return failed(err)
	}
	port := m.Port
	if port == 0 {
		port = kclient.DefaultPort
	}
	query, _, err := server.Listen(net.JoinHostPort(d.lobby.cfg.Host, strconv.Itoa(port)), 0)
	if err != nil && m.Port == 0 {
		query, _, err = server.Listen(net.JoinHostPort(d.lobby.cfg.Host, "0"), 0)
	}
	if err != nil {
		return failed(err)
	}
	_ = d.settings.Change(func(s *settings.Settings) { s.HostName, s.HostPort = name, m.Port })
	_, actual, _ := net.SplitHostPort(query.LocalAddr().String())
	guard.GoIn(&d.work, "the hosted server", func() {
		err := guard.Try("the hosted server", func() error { return srv.Serve(query, nil) })
		d.put(d.ctx, func() {
			if d.host.server == srv && err != nil {
				d.host.server, d.host.address = nil, ""
				_ = failed(err)
			}
		})
	}, d.fault)
	d.host = hosting{server: srv, address: net.JoinHostPort("127.0.0.1", actual), shown: message.Host{State: hostOn,
		Name: name, MaxUsers: maxHosted}}
	for _, a := range ownAddresses() {
		d.host.shown.Addresses = append(d.host.shown.Addresses, message.HostedAt{Address: net.JoinHostPort(a.String(),
			actual), Scope: scope(a)})
	}
	d.tell(d.host.shown)
	d.changedServers(d.host.address)
	return d.connect(d.host.address, nil)
}

// stopHost says good-bye to everybody on the server, and leaves it too.
func (d *desk) stopHost() {
	srv := d.host.server
	if srv == nil {
		return
	}
	if d.visit != nil && d.visit.address == d.host.address {
		d.disconnect()
	}
	d.host = hosting{shown: message.Host{State: hostOff, Name: d.host.shown.Name}}
	guard.GoIn(&d.work, "the hosted server", func() { _ = srv.Close("the host has left") }, d.fault)
	d.tell(d.host.shown)
	d.changedServers("")
}

// countHosted shows how many are on the server.
func (d *desk) countHosted() {
	if d.host.server == nil {
		return
	}
	if n := d.host.server.Stats().Users; n != d.host.shown.Users {
		d.host.shown.Users = n
		d.tell(d.host.shown)
	}
}

// ownAddresses are this machine's, those that friends can use first.
func ownAddresses() (list []netip.Addr) {
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	}
	for _, i := range interfaces {
		p, err := netip.ParsePrefix(i.String())
		if err != nil || p.Addr().IsLinkLocalUnicast() || p.Addr().IsLoopback() && p.Addr().Is6() {
			continue
		}
		list = append(list, p.Addr())
	}
	order := map[string]int{"internet": 0, "local": 1, "this": 2}
	slices.SortStableFunc(list, func(a, b netip.Addr) int {
		if d := order[scope(a)] - order[scope(b)]; d != 0 {
			return d
		}
		return a.BitLen() - b.BitLen()
	})
	return list
}

func scope(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "this"
	case a.IsPrivate():
		return "local"
	}
	return "internet"
}
