package lobby

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"strings"

	"kbridge/bridge/lobby/page"
)

// access decides who gets in. All of it is fixed for one dialog.
type access struct {
	host   string // 127.0.0.1:port, as browsers name it
	token  string // in the address
	cookie string // the cookie's name
	secret string // and value
	files  http.Handler
	socket http.Handler
}

func newAccess(addr net.Addr, socket http.Handler) *access {
	host := addr.String()
	_, port, _ := net.SplitHostPort(host)
	files, err := fs.Sub(page.Files, ".")
	if err != nil {
		panic(err)
	}
	return &access{
		host: host, token: random(), secret: random(),
		// Cookies ignore ports, so two emulators' have different names.
		cookie: "kbridge-" + port + "-" + random()[:8],
		files:  http.FileServerFS(files), socket: socket,
	}
}

// random is 128 bits in hex.
func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return hex.EncodeToString(b[:])
}

// address is where the player's browser goes.
func (a *access) address() string { return "http://" + a.host + "/?token=" + a.token }

// origin is what a browser calls our page's origin.
func (a *access) origin() string { return "http://" + a.host }

func (a *access) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://"+a.host+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
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
	case !a.knows(r):
		refuse(w, http.StatusForbidden, "This page belongs to an emulator, and this browser has not been let in. Open the lobby from the emulator again, or use the whole address from its log.")
	case r.URL.Path == "/socket":
		if r.Header.Get("Origin") != a.origin() {
			refuse(w, http.StatusForbidden, "Only the lobby's own page may talk to it.")
			return
		}
		a.socket.ServeHTTP(w, r)
	default:
		a.files.ServeHTTP(w, r)
	}
}

// exchange lets a browser in that brings the token, and takes the token out of
// its address.
func (a *access) exchange(w http.ResponseWriter, r *http.Request) {
	if !same(r.URL.Query().Get("token"), a.token) {
		refuse(w, http.StatusForbidden, "This address is not, or no longer, that of a lobby. Open it from the emulator again.")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: a.cookie, Value: a.secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	// Not a redirect: a browser that comes from another program would not send a
	// strict cookie along with it.
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=/"><link rel="icon" href="/icon.svg"><title>kbridge</title><a href="/">kbridge</a>`)
}

func (a *access) knows(r *http.Request) bool {
	c, err := r.Cookie(a.cookie)
	return err == nil && same(c.Value, a.secret)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func refuse(w http.ResponseWriter, code int, why string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	fmt.Fprintln(w, strings.TrimSpace(why))
}
