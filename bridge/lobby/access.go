package lobby

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"

	"kbridge/bridge/lobby/page"
)

// access decides who gets in: who brings a token once, and from then on the cookie that it was exchanged for.
//
// Cookies do not know of ports: a browser sends 127.0.0.1's to whatever else is served there, also by another user of
// this computer. So the page lies in a folder of a random name, and the cookie belongs to that folder: who does not
// know it never gets to see the cookie.
type access struct {
	host   string // 127.0.0.1:port, as browsers name it
	base   string // the folder that the page lies in, "/…/"
	cookie string // the cookie's name
	secret string // and value
	files  http.Handler
	socket http.Handler
	file   *redirect // the file with the way in; nil when there is none

	mu sync.Mutex
	// each lets one browser in, and is gone then; the function is called after that, nil for none
	tokens map[string]func()
}

func newAccess(addr net.Addr, socket http.Handler) *access {
	host := addr.String()
	_, port, _ := net.SplitHostPort(host)
	base := "/" + random() + "/"
	return &access{
		host: host, base: base, secret: random(),
		cookie: "kbridge-" + port + "-" + random()[:8], // two emulators' have different names
		files:  http.StripPrefix(strings.TrimSuffix(base, "/"), http.FileServerFS(page.Files)), socket: socket,
		tokens: map[string]func(){},
	}
}

// random is 128 bits in hex.
func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// newAddress is one more address for a browser, which works once. used, if it is not nil, is called when it has.
func (a *access) newAddress(used func()) string {
	token := random()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens[token] = used
	return a.origin() + "/?token=" + token
}

// take takes a token if it is one of ours that nobody has used.
func (a *access) take(token string) bool {
	a.mu.Lock()
	var used func()
	found := ""
	for t, f := range a.tokens {
		if same(token, t) {
			found, used = t, f
		}
	}
	delete(a.tokens, found)
	a.mu.Unlock()
	if used != nil {
		used()
	}
	return found != ""
}

// origin is what a browser calls our page's origin.
func (a *access) origin() string { return "http://" + a.host }

func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy",
		"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://"+a.host+
			"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	switch {
	case r.Host != a.host:
		// A name that was made to lead to 127.0.0.1, say.
		refuse(w, http.StatusForbidden, "This lobby is only at "+a.origin()+"/.")
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		refuse(w, http.StatusMethodNotAllowed, "Only GET.")
	case r.URL.Path == "/" && r.URL.Query().Has("token"):
		a.exchange(w, r)
	case !strings.HasPrefix(r.URL.Path, a.base) || !a.knows(r):
		refuse(w, http.StatusForbidden,
			"This page belongs to an emulator, and this browser has not been let in. "+a.wayIn())
	case r.URL.Path == a.base+"socket":
		if r.Header.Get("Origin") != a.origin() {
			refuse(w, http.StatusForbidden, "Only the lobby's own page may talk to it.")
			return
		}
		welcome(r)
		a.socket.ServeHTTP(w, r)
	default:
		welcome(r)
		a.files.ServeHTTP(w, r)
	}
}

// exchange lets a browser in that brings a token, and takes the token out of its address. Only a browser that is about
// to show the page uses a token up: not one that loads the page in advance, and not a HEAD of something that looks at
// links.
func (a *access) exchange(w http.ResponseWriter, r *http.Request) {
	purpose := strings.ToLower(r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose") + r.Header.Get("X-Moz"))
	if r.Method != http.MethodGet || strings.Contains(purpose, "prefetch") || strings.Contains(purpose, "preview") {
		refuse(w, http.StatusForbidden, "This address works once, and not in advance.")
		return
	}
	if !a.take(r.URL.Query().Get("token")) {
		refuse(w, http.StatusForbidden,
			"This address has been used, or is not that of a lobby: each one lets one browser in, once, and what belongs to an emulator that has ended lets nobody in. "+a.wayIn())
		return
	}
	welcome(r)
	http.SetCookie(w, &http.Cookie{Name: a.cookie, Value: a.secret, Path: a.base, HttpOnly: true,
		SameSite: http.SameSiteStrictMode})
	// Not a redirect: a browser that comes from another program would not send a
	// strict cookie along with it.
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprintf(w,
		`<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=%[1]s"><link rel="icon" href="%[1]sicon.svg"><title>kbridge</title><a href="%[1]s">kbridge</a>`, a.base)
}

// wayIn says what to do. The file's name tells nobody anything who may not read the file.
func (a *access) wayIn() string {
	if a.file == nil {
		return "Open the lobby from the emulator again."
	}
	return "Open this file in the browser, which lets one in each time, or open the lobby from the emulator again:\n\n" + a.file.path
}

func (a *access) knows(r *http.Request) bool {
	c, err := r.Cookie(a.cookie)
	return err == nil && same(c.Value, a.secret)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// refuse answers no, and ends the connection: it is a stranger's.
func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Connection", "close")
	w.WriteHeader(code)
	fmt.Fprintln(w, strings.TrimSpace(why))
}
