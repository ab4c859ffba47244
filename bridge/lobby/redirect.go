package lobby

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// redirect is the file that the browser is given: a page that leads on to the lobby's address with a token. What a
// program is started with can be read by every user of a computer; this file only by its owner.
//
// Its token works once, as every one does, and then the file is written anew with the next: to open the file again
// is always a way in while the lobby lives, also for somebody whose browser, or whose scanner of links, has been there
// before. That takes nothing from its safety, since whoever can read the file could have been first. It is removed at
// the lobby's end.
type redirect struct {
	path   string
	access *access
	log    *slog.Logger

	mu   sync.Mutex
	over bool
}

// newRedirect writes the file into the first folder that is fit for it.
func newRedirect(a *access, getenv func(string) string, log *slog.Logger) (*redirect, error) {
	_, port, err := net.SplitHostPort(a.host)
	if err != nil {
		return nil, err
	}
	wrong := []error{errors.New("there is no folder for the file that leads a browser to the lobby")}
	for _, folder := range redirectFolders(getenv) {
		l := &redirect{path: filepath.Join(folder, "lobby-"+port+".html"), access: a, log: log}
		if err := ownFolder(folder); err != nil {
			wrong = append(wrong, err)
			continue
		}
		if err := l.write(); err != nil {
			wrong = append(wrong, err)
			continue
		}
		return l, nil
	}
	return nil, errors.Join(wrong...)
}

// redirectFolders are the folders that the file may lie in, the best one first. Each is ours alone.
//
// Browsers that are confined do not see every file. A flatpak's are handed the one file by the program that opens it,
// wherever it lies. A snap's (Ubuntu's Firefox and Chromium are such) see no hidden folder of the home, and have a /tmp
// and a folder for the session of their own: where the user has snaps, the file lies in a folder in the home that is
// not hidden, which is there only while a lobby is open. Where an emulator is confined itself, the session's folder is
// not the one that the browser sees, and its cache is.
func redirectFolders(getenv func(string) string) (folders []string) {
	add := func(base string, more ...string) {
		if filepath.IsAbs(base) {
			folders = append(folders, filepath.Join(append([]string{base}, more...)...))
		}
	}
	home := getenv("HOME")
	switch runtime.GOOS {
	case "windows":
		// Not TEMP, which may be a folder that all users share.
		add(getenv("LOCALAPPDATA"), "kbridge", "lobby")
		return folders
	case "darwin":
		add(home, "Library", "Caches", "kbridge-lobby")
		return folders
	}
	confined := getenv("FLATPAK_ID") != "" || getenv("SNAP") != ""
	if snaps, err := os.Stat(filepath.Join(home, "snap")); home != "" && err == nil && snaps.IsDir() && !confined {
		add(home, "kbridge-lobby")
	}
	if !confined {
		add(getenv("XDG_RUNTIME_DIR"), "kbridge-lobby")
	}
	add(getenv("XDG_CACHE_HOME"), "kbridge-lobby")
	add(home, ".cache", "kbridge-lobby")
	return folders
}

// ownFolder makes a folder that only this user can look into, or makes sure that it is one.
func ownFolder(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(folder)
	if err != nil {
		return err
	}
	if !info.IsDir() || !ours(info) {
		return fmt.Errorf("%s is no folder of this user's", folder)
	}
	if runtime.GOOS == "windows" || info.Mode().Perm() == 0o700 {
		return nil
	}
	return os.Chmod(folder, 0o700)
}

// write writes the file with a token that nobody has used yet.
func (l *redirect) write() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over {
		return nil
	}
	address := l.access.newAddress(func() {
		err := l.write()
		// Windows renames nothing onto a file that a browser or a scanner still reads
		for n := 0; err != nil && n < 5; n++ {
			time.Sleep(100 * time.Millisecond)
			err = l.write()
		}
		if err != nil {
			l.log.Warn("the way into the lobby cannot be written anew, so a page that is closed cannot be opened again",
				"file", l.path, "err", err)
		}
	})
	tmp, err := os.CreateTemp(filepath.Dir(l.path), "lobby-*.tmp") // 0600
	if err != nil {
		return err
	}
	_,
		err = fmt.Fprintf(tmp,
		`<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url=%[1]s"><title>kbridge</title><a href="%[1]s">kbridge</a>`+"\n", address)
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), l.path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}

// remove ends the way in.
func (l *redirect) remove() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
	_ = os.Remove(l.path)
	_ = os.Remove(filepath.Dir(l.path)) // unless there is another lobby's
}

// sweep removes the files of lobbies whose emulators were killed: nobody listens on their ports any more. What is not
// removed harms nobody, since no token outlives its lobby. It may take some seconds.
func (l *redirect) sweep(ctx context.Context) {
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(l.path), "lobby-*.html"))
	dialer := net.Dialer{Timeout: 3 * time.Second} // Windows asks for 2 s before it gives up
	for _, file := range files[:min(len(files), maxSwept)] {
		var port int
		if _, err := fmt.Sscanf(filepath.Base(file), "lobby-%d.html", &port); err != nil || file == l.path {
			continue
		}
		c, err := dialer.DialContext(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		var slow net.Error
		switch {
		case err == nil:
			_ = c.Close()
		case ctx.Err() != nil:
			return
		case !errors.As(err, &slow) || !slow.Timeout():
			_ = os.Remove(file)
		}
	}
}
