package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
)

// Name is the file's name.
const Name = "kbridge.toml"

// maxFile bounds what is read, in bytes.
const maxFile = 1 << 20

const head = `# What you have chosen in the kbridge lobby. You may edit this file, also while
# an emulator runs; what stands here wrong is named in the lobby.
#
# connection: 1 (LAN) to 6 (Bad), how many frames of input are sent at once
# charset: auto (this computer's) or another, such as shift_jis, euc-kr, gbk, big5, windows-1251, utf-8
# theme: auto, light, dark        language: auto, en, ko, es, pt, ja, fr

`

// File is the settings and where they are kept. Its methods may be called from
// any goroutine.
type File struct {
	path string // "" keeps them in memory only

	mu  sync.Mutex
	now Settings
}

// Folder is where the file lies: the folder that is given, where the library may
// write (on Windows the DLL's), or else kbridge in the user's configuration folder. ""
// if there is none.
func Folder(given string) string {
	if given != "" {
		return given
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "kbridge")
}

// Open reads the settings in a folder. problem is a sentence for the user, or
// empty.
func Open(folder string) (f *File, problem string) {
	f = &File{now: Default()}
	if folder == "" {
		return f, "There is no folder for your settings, so they are forgotten at the end."
	}
	f.path = filepath.Join(folder, Name)
	s, wrong, err := read(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil:
		f.now = s
		if len(wrong) > 0 {
			problem = "In " + f.path + ": " + strings.Join(wrong, "; ") + ". The defaults stand in for these."
		}
	default:
		aside := fmt.Sprintf("%s.broken-%s", f.path, time.Now().Format("20060102-150405"))
		if e := os.Rename(f.path, aside); e != nil {
			f.path = ""
			return f, fmt.Sprintf("Your settings cannot be read (%v) nor moved aside (%v); they stay as they are, and changes are forgotten at the end.", err, e)
		}
		problem = fmt.Sprintf("Your settings could not be read (%v). They are now in %s, and you start with the defaults.", err, aside)
	}
	return f, problem
}

func read(path string) (s Settings, wrong []string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return s, nil, err
	}
	if info.Size() > maxFile {
		return s, nil, fmt.Errorf("%s has %d bytes, at most %d are read", path, info.Size(), maxFile)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return s, nil, err
	}
	s = Default()
	s.Version = 0 // until the file says otherwise
	if _, err := toml.Decode(string(b), &s); err != nil {
		return s, nil, err
	}
	return s, s.mend(), nil
}

// Path is the file's; "" if there is none.
func (f *File) Path() string { return f.path }

// Get is what holds now.
func (f *File) Get() Settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now.Clone()
}

// Change changes the settings and writes them. What somebody else has written
// meanwhile is read first. On an error they hold all the same, until the end.
func (f *File) Change(change func(*Settings)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.path != "" {
		if s, _, err := read(f.path); err == nil {
			f.now = s
		}
	}
	change(&f.now)
	f.now.mend()
	if f.path == "" {
		return nil
	}
	if err := f.writeLocked(); err != nil {
		return fmt.Errorf("the settings cannot be written to %s: %w", f.path, err)
	}
	return nil
}

func (f *File) writeLocked() error {
	var b bytes.Buffer
	b.WriteString(head)
	if err := toml.NewEncoder(&b).Encode(f.now); err != nil {
		return err
	}
	folder := filepath.Dir(f.path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(folder, Name+".*.tmp")
	if err != nil {
		return err
	}
	_, err = tmp.Write(b.Bytes())
	if err == nil {
		err = tmp.Sync()
	}
	if e := tmp.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(tmp.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}
