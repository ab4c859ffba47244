package masterlist

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// List is what came of a source.
type List struct {
	Servers []Server
	Waiting []Waiting
	At      time.Time // when it was fetched
	Cached  bool      // it was not fetched now, but an earlier time
}

// Fetcher fetches lists. The zero value works, without a cache.
type Fetcher struct {
	// nil: Go's usual one. Its transport, if it is an *http.Transport, is kept from addresses inside
	Client *http.Client
	Lookup Lookup // of hosts; nil is the system's
	Folder string // where lists are kept; "" is nowhere
}

// Fetch gets the list of a source. On an error it returns the list that was kept
// the last time, if there is one, and the error.
func (f *Fetcher) Fetch(ctx context.Context, source string) (List, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	body, err := f.fetch(ctx, source)
	if err == nil {
		l := List{At: time.Now()}
		l.Servers, l.Waiting = Parse(body)
		if len(l.Servers) > 0 {
			f.keep(source, body)
			return l, nil
		}
		err = fmt.Errorf("%s answered with something that is no list of servers", source)
	}
	l, kept := f.kept(source)
	if !kept {
		return List{}, err
	}
	return l, err
}

// fetch gets the servers, and the waiting games where they are elsewhere.
func (f *Fetcher) fetch(ctx context.Context, source string) ([]byte, error) {
	u, err := url.Parse(source)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a list: it takes one that begins with http:// or https://",
			source)
	}
	file := path.Base(u.Path)
	if file == "raw_server_list2.php" {
		q := u.Query()
		q.Set("version", "0.9")
		q.Set("wg", "1")
		u.RawQuery = q.Encode()
	}
	body, err := f.get(ctx, source, u.String())
	if err != nil || file != "server_list.php" {
		return body, err
	}
	u.Path = strings.TrimSuffix(u.Path, file) + "game_list.php"
	games, err := f.get(ctx, source, u.String())
	if err != nil {
		return body, nil // the servers are worth more
	}
	return append(append(games, '\n'), body...), nil
}

// get gets one document of a source.
func (f *Fetcher) get(ctx context.Context, source, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "kbridge")
	base := f.Client
	if base == nil {
		base = &http.Client{}
	}
	res, err := guarded(base, f.Lookup, source).Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, res.Status)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxBody {
		return nil, fmt.Errorf("%s sent more than %d bytes", address, maxBody)
	}
	return b, nil
}

func (f *Fetcher) file(source string) string {
	return filepath.Join(f.Folder, fmt.Sprintf("servers-%x.txt",
		sha256.Sum256([]byte(source)))[:len("servers-")+16]+".txt")
}

// keep writes a list down for another time. That it cannot be is no reason to
// disturb anybody.
func (f *Fetcher) keep(source string, body []byte) {
	if f.Folder == "" || os.MkdirAll(f.Folder, 0o700) != nil {
		return
	}
	tmp, err := os.CreateTemp(f.Folder, "servers-*.tmp")
	if err != nil {
		return
	}
	_, err = tmp.Write(body)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.file(source))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
}

func (f *Fetcher) kept(source string) (l List, ok bool) {
	if f.Folder == "" {
		return l, false
	}
	info, err := os.Stat(f.file(source))
	if err != nil || info.Size() > 2*maxBody {
		return l, false
	}
	b, err := os.ReadFile(f.file(source))
	if err != nil {
		return l, false
	}
	l = List{At: info.ModTime(), Cached: true}
	l.Servers, l.Waiting = Parse(b)
	return l, len(l.Servers) > 0
}
