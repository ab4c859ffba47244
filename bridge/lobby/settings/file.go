package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/BurntSushi/toml"
)

// Name is the file's name.
const Name = "kbridge.toml"

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
			problem = fmt.Sprintf("In %s: %s. The defaults stand in for these.", f.path, sentences(wrong))
		}
	case !isBroken(err):
		f.path = ""
		return f,
			fmt.Sprintf("Your settings cannot be read (%v). They stay as they are, and changes are forgotten at the end.", err)
	default:
		aside, e := setAside(f.path)
		if e != nil {
			f.path = ""
			return f,
				fmt.Sprintf("Your settings cannot be read (%v) nor moved aside (%v); they stay as they are, and changes are forgotten at the end.", err, e)
		}
		problem = fmt.Sprintf("Your settings could not be read (%v). They are now in %s, and you start with the defaults. To use them again, correct that file and rename it to %s while no lobby is open.",
			err, aside, Name)
	}
	return f, problem
}

// setAside gives a file that cannot be read another name, which no file has. Nothing is lost.
func setAside(path string) (aside string, err error) {
	base := fmt.Sprintf("%s.broken-%s", path, time.Now().Format("20060102-150405"))
	aside = base
	for n := 2; ; n++ {
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(path, aside)
		} else if err != nil {
			return aside, err
		}
		aside = fmt.Sprintf("%s-%d", base, n)
	}
}

// broken is what is wrong with a file that was read but holds no settings. Another error says that it could not be
// read now, which may pass: then it is left as it is.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

func isBroken(err error) bool { return errors.As(err, &broken{}) }

// read reads a file as settings. What is too large or too deep is not given to the parser.
func read(path string) (s Settings, wrong []error, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return s, nil, err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for
		return s, nil, broken{fmt.Errorf("%s is no file", path)}
	}
	file, err := os.Open(path)
	if err != nil {
		return s, nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return s, nil, err
	}
	if len(b) > maxFile {
		return s, nil, broken{fmt.Errorf("%s has %d bytes, at most %d are read", path, max(info.Size(), int64(len(b))),
			maxFile)}
	}
	if err := checkDepth(b); err != nil {
		return s, nil, broken{fmt.Errorf("%s has %d bytes, and %w", path, len(b), err)}
	}
	s = Default()
	s.Version = 0 // until the file says otherwise
	if _, err := toml.Decode(string(b), &s); err != nil {
		return s, nil, broken{fmt.Errorf("%s: %w", path, err)}
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
// meanwhile is read first; if that cannot be read it is set aside, and the error says so. On an error the settings hold
// all the same, until the end.
func (f *File) Change(change func(*Settings)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var moved error // what became of a file that could not be read
	write := f.path != ""
	if write {
		s, _, err := read(f.path)
		switch {
		case err == nil:
			f.now = s
		case errors.Is(err, fs.ErrNotExist):
		case isBroken(err):
			aside, e := setAside(f.path)
			if e == nil {
				moved = fmt.Errorf("the settings could not be read any more (%w); that file is now %s, and what held here is written anew", err, aside)
				break
			}
			err = errors.Join(err, e)
			fallthrough
		default:
			write, moved = false,
				fmt.Errorf("the settings cannot be read any more, and nothing is written over them: %w", err)
		}
	}
	change(&f.now)
	f.now.mend()
	if !write {
		return moved
	}
	if err := f.writeLocked(); err != nil {
		return errors.Join(moved, fmt.Errorf("the settings cannot be written to %s: %w", f.path, err))
	}
	return moved
}

func (f *File) writeLocked() error {
	var b bytes.Buffer
	b.WriteString(head())
	if err := toml.NewEncoder(&b).Encode(f.now); err != nil {
		return err
	}
	if b.Len() > maxFile {
		return fmt.Errorf("they have %d bytes, and at most %d would be read again: shorten the notes, or remove favourites or ignored users", b.Len(), maxFile)
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
