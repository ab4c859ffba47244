package message

// FromPage is a message from the page. Every one may have an ID: a number from 1
// on of the page's choice, which Done then repeats; without one nothing
// answers, but the state changes.
type FromPage interface{ fromPage() }

// SetSettings changes the settings that it holds; absent ones stay.
type SetSettings struct {
	Nick       *string   `json:"nick"`
	Connection *int      `json:"connection"`
	Charset    *string   `json:"charset"`
	Record     *bool     `json:"record"`
	Sound      *bool     `json:"sound"`
	Theme      *string   `json:"theme"`
	Language   *string   `json:"language"`
	Sources    *[]string `json:"sources"`
}

// Refresh fetches the master lists and pings all servers again.
type Refresh struct{}

// Connect logs in at a server; Cancel or Disconnect end that at any time.
type Connect struct {
	Address string `json:"address"` // host[:port]
}

// Cancel gives up connecting.
type Cancel struct{}

// Disconnect leaves the room and the server.
type Disconnect struct{}

// Favour makes a server a favourite at a place, moves it, or changes its note.
// An address that is in no list is added. Place 0 is no favourite any more.
type Favour struct {
	Address string `json:"address"`
	Place   int    `json:"place"` // 1-based; beyond the last is the last
	Note    string `json:"note"`
}

// Forget takes a server from the recent ones.
type Forget struct {
	Address string `json:"address"`
}

// Say says something: to the lobby, to the room, or to one user.
type Say struct {
	Where string `json:"where"` // lobby, room or private
	To    int    `json:"to"`    // a user's ID, for private
	Text  string `json:"text"`
}

// Ignore hides what a user says from now on, or no more.
type Ignore struct {
	User int  `json:"user"`
	On   bool `json:"on"`
}

// SetAway tells the others that we are away, or back.
type SetAway struct {
	On bool `json:"on"`
}

// FindGames looks through the emulator's game list; FoundGames answers. An empty
// query finds all.
type FindGames struct {
	Query string `json:"query"`
}

// Create opens a room for a game of the emulator's list.
type Create struct {
	Game string `json:"game"`
}

// Join enters a room.
type Join struct {
	Game int `json:"game"` // its ID
}

// Leave leaves the room.
type Leave struct{}

// Start starts the game in our room.
type Start struct{}

// Kick removes a player from our room.
type Kick struct {
	User int `json:"user"`
}

// MoreInfos has the emulator tell more about a game of its list.
type MoreInfos struct {
	Game string `json:"game"`
}

// Drop leaves the running game, or ends the playback.
type Drop struct{}

// ComeBack goes back into the game that Hello.Comeback names.
type ComeBack struct{}

// ListRecords reads the recordings again; Records follows.
type ListRecords struct{}

// DeleteRecord deletes a recording.
type DeleteRecord struct {
	File string `json:"file"`
}

// PlayRecord plays a recording through the emulator.
type PlayRecord struct {
	File string `json:"file"`
}

// Playback steers the playback; absent settings stay.
type Playback struct {
	Paused *bool    `json:"paused"`
	Speed  *float64 `json:"speed"` // 0.25 to 8; 0: as fast as it goes
	Seek   *int     `json:"seek"`  // a frame further on, which is reached as fast as it goes
}

// StartHost starts a server on this machine and connects to it.
type StartHost struct {
	Name string `json:"name"`
	Port int    `json:"port"` // UDP; 0 is the default one, or a free one when that is taken
}

// StopHost stops the hosted server.
type StopHost struct{}

// Back ends the dialog at once: the emulator goes on.
type Back struct{}

func (SetSettings) fromPage()  {}
func (Refresh) fromPage()      {}
func (Connect) fromPage()      {}
func (Cancel) fromPage()       {}
func (Disconnect) fromPage()   {}
func (Favour) fromPage()       {}
func (Forget) fromPage()       {}
func (Say) fromPage()          {}
func (Ignore) fromPage()       {}
func (SetAway) fromPage()      {}
func (FindGames) fromPage()    {}
func (Create) fromPage()       {}
func (Join) fromPage()         {}
func (Leave) fromPage()        {}
func (Start) fromPage()        {}
func (Kick) fromPage()         {}
func (MoreInfos) fromPage()    {}
func (Drop) fromPage()         {}
func (ComeBack) fromPage()     {}
func (ListRecords) fromPage()  {}
func (DeleteRecord) fromPage() {}
func (PlayRecord) fromPage()   {}
func (Playback) fromPage()     {}
func (StartHost) fromPage()    {}
func (StopHost) fromPage()     {}
func (Back) fromPage()         {}
