package bridge

import (
	"os"
	"path/filepath"
)

// WritableFolder returns the first of the folders that a file can be written
// in, "" if there is none. Folders that do not exist are made; one whose name is
// empty does not count.
func WritableFolder(folders ...string) string {
	for _, folder := range folders {
		if folder == "" || os.MkdirAll(folder, 0o755) != nil {
			continue
		}
		// Asking for permissions proves little on Windows, so it is tried.
		file, err := os.CreateTemp(folder, "kbridge*.tmp")
		if err != nil {
			continue
		}
		_ = file.Close()
		_ = os.Remove(file.Name())
		return folder
	}
	return ""
}

// inFolder is where a file or folder that the user has named lies: relative
// names begin at the Config's Folder.
func (s *Session) inFolder(name string) string {
	if s.folder == nil || filepath.IsAbs(name) || filepath.VolumeName(name) != "" || os.IsPathSeparator(name[0]) {
		return name
	}
	return filepath.Join(s.folder(), name)
}

// Folder is where a UI keeps what it writes, such as settings; "" is the
// process's current folder.
func (d *Dialog) Folder() string {
	if d.s.folder == nil {
		return ""
	}
	return d.s.folder()
}
