package message

// ToPage is a message to the page.
type ToPage interface{ toPage() }

// Hello is the first message of a connection. What follows it at once is the
// whole state: Settings, Sources, Servers, WaitingGames, Connection, Users, Games,
// Room, Play, Records, Host and Chat; then changes as they happen.
type Hello struct {
	Emulator    string       `json:"emulator"`  // name and version, as the emulator gave it
	GameCount   int          `json:"gameCount"` // games in the emulator's list
	FirstRun    bool         `json:"firstRun"`  // no nickname was chosen yet
	Version     string       `json:"version"`   // of this library
	Now         int64        `json:"now"`       // the library's clock
	Charsets    []string     `json:"charsets"`  // names that SetSettings takes, besides "auto"
	Charset     string       `json:"charset"`   // the one of them that "auto" is
	Connections []Connection `json:"connections"`
	MoreInfos   bool         `json:"moreInfos"` // the emulator can tell more about a game
	Problem     string       `json:"problem"`   // such as a broken settings file, for the user; may be empty
	Comeback    string       `json:"comeback"`  // the game that the player can come back into; may be empty
}

// Connection is one of the six connection types.
type Connection struct {
	Type            int    `json:"type"`            // 1 to 6
	Name            string `json:"name"`            // LAN, Excellent, Good, Average, Low, Bad
	FramesPerPacket int    `json:"framesPerPacket"` // frames of input sent at once
	MaxPing         int    `json:"maxPing"`         // ms up to which it is recommended; 0 for no limit
}

// Settings are what the settings file holds for the page.
type Settings struct {
	Nick       string   `json:"nick"`
	Connection int      `json:"connection"` // 1 to 6
	Charset    string   `json:"charset"`
	Record     bool     `json:"record"` // games are recorded
	Folder     string   `json:"folder"` // where recordings lie, for display
	Sound      bool     `json:"sound"`
	Theme      string   `json:"theme"`    // auto, light or dark
	Language   string   `json:"language"` // auto, en, ko, es, pt, ja or fr
	Sources    []string `json:"sources"`  // addresses of master lists
	File       string   `json:"file"`     // the settings file, for display
}

// Sources tells how the master lists answered. It replaces the one before.
type Sources struct {
	List []Source `json:"list"`
}

// Source is one master list.
type Source struct {
	URL     string `json:"url"`
	State   string `json:"state"`   // loading, ok, cached (it did not answer, an older copy is shown) or failed
	Servers int    `json:"servers"` // in its list
	At      int64  `json:"at"`      // when the shown copy was fetched; 0 for never
	Error   string `json:"error"`   // why it failed; empty otherwise
}

// Servers is the whole list; ServerChanged replaces or adds one of it.
type Servers struct {
	List []Server `json:"list"`
}

// ServerChanged adds a server to the list or replaces the one of that address.
type ServerChanged struct {
	Server Server `json:"server"`
}

// Server is a server that can be connected to.
type Server struct {
	Address   string `json:"address"` // host:port; identifies it
	Name      string `json:"name"`
	Users     int    `json:"users"` // -1: not known
	MaxUsers  int    `json:"maxUsers"`
	Games     int    `json:"games"` // -1: not known
	Version   string `json:"version"`
	Location  string `json:"location"`
	Ping      int    `json:"ping"` // ms, at least 1; 0 while waiting; -1: no answer
	Listed    bool   `json:"listed"`
	Favourite int    `json:"favourite"` // place among the favourites from 1 on; 0 for none
	Note      string `json:"note"`      // of a favourite
	Recent    int64  `json:"recent"`    // last connected; 0 for never
}

// WaitingGames is the list of games that wait for players on all servers; it
// replaces the one before.
type WaitingGames struct {
	List []WaitingGame `json:"list"`
}

// WaitingGame is a game that waits for players, as a master list tells it.
type WaitingGame struct {
	Game     string `json:"game"`
	Address  string `json:"address"` // the server's
	User     string `json:"user"`
	Emulator string `json:"emulator"`
	Players  string `json:"players"` // as listed, such as 1/2
	Server   string `json:"server"`  // its name
	Location string `json:"location"`
	Have     bool   `json:"have"` // this emulator has the game
}

// Session tells of the session with a server.
type Session struct {
	State   string `json:"state"` // none, connecting, connected
	Address string `json:"address"`
	Name    string `json:"name"` // the server's, when a list knows it
	User    int    `json:"user"` // our ID when connected
	Nick    string `json:"nick"` // ours, as the server shows it
	Ping    int    `json:"ping"` // ms
	Away    bool   `json:"away"`
	// Advice is the connection type that the measured ping recommends, 0 when it
	// is not known yet.
	Advice int `json:"advice"`
	// Error says why there is no session any more; nil after the user's own
	// wish.
	Error *Problem `json:"error"`
	// Unsent are the lines of ours that may not have arrived when the session ended.
	Unsent []string `json:"unsent"`
}

// Problem is something that did not work.
type Problem struct {
	// Code is one of the codes that the page has words for: full, refused,
	// timeout (nothing ever came from the address), login (HELLO was answered, the
	// login was not finished), unanswered (a request), silent (a server that was
	// there), version, address, charset (it lacks a character), lost, forgotten (the server does not know us any
	// more), stopped (nothing listens at its port), closed, kicked, busy, game (the
	// emulator lacks it), chat (no game starts in such a room), emulator, state,
	// limit, file, host, internal.
	Code string `json:"code"`
	// Text is what another side said, such as the server's words for refused, or
	// a detail for a person; may be empty.
	Text string `json:"text"`
}

// Users are all users of the server; UserChanged and UserGone change the list.
type Users struct {
	List []User `json:"list"`
}

// UserChanged adds or replaces a user.
type UserChanged struct {
	User User `json:"user"`
}

// UserGone takes a user from the list.
type UserGone struct {
	ID int `json:"id"`
}

// User is somebody on the server.
type User struct {
	ID         int    `json:"id"`
	Name       string `json:"name"`
	Ping       int    `json:"ping"`       // ms
	Connection int    `json:"connection"` // 0 when the server sent nonsense
	State      string `json:"state"`      // idle, waiting (in a room) or playing
	Ignored    bool   `json:"ignored"`
	Me         bool   `json:"me"`
}

// Games are all rooms of the server; GameChanged and GameGone change the list.
type Games struct {
	List []Game `json:"list"`
}

// GameChanged adds or replaces a room.
type GameChanged struct {
	Game Game `json:"game"`
}

// GameGone takes a room from the list.
type GameGone struct {
	ID int `json:"id"`
}

// Game is a room as the lobby shows it.
type Game struct {
	ID           int    `json:"id"`
	Name         string `json:"name"`
	Emulator     string `json:"emulator"`
	Owner        string `json:"owner"`
	Players      int    `json:"players"`
	MaxPlayers   int    `json:"maxPlayers"`
	State        string `json:"state"`        // waiting, netsync or playing
	Have         bool   `json:"have"`         // this emulator has the game: it can be joined
	SameEmulator bool   `json:"sameEmulator"` // else joining warns
}

// Chat is lines that are added to the chat. The first of a connection holds the
// history.
type Chat struct {
	Lines []Line `json:"lines"`
}

// Line is a line of chat, or something that happened.
type Line struct {
	ID    int64  `json:"id"` // rises by line
	At    int64  `json:"at"`
	Where string `json:"where"` // lobby or room; private lines are in both views
	// Kind: chat; private; server (its own words); notice (this library's, a
	// key of the page's catalogue in Text, with Args); join, quit (of the
	// lobby); enter, leave, drop (of the room). From is whose line it is.
	Kind string   `json:"kind"`
	From string   `json:"from"`
	To   string   `json:"to"` // of a private line that is our own
	Text string   `json:"text"`
	Args []string `json:"args"` // of a notice
	Me   bool     `json:"me"`   // ours
}

// Room is the room that the player is in; ID 0 is none. It replaces the one
// before.
type Room struct {
	ID           int          `json:"id"`
	Name         string       `json:"name"`
	Owner        string       `json:"owner"`
	Mine         bool         `json:"mine"`         // we own it: start and kick work
	SameEmulator bool         `json:"sameEmulator"` // of its owner
	MoreInfos    bool         `json:"moreInfos"`
	State        string       `json:"state"` // as Game.State
	Players      []RoomPlayer `json:"players"`
	// Start is empty when Start would be granted, else why not: chat (a room for
	// talking), owner (only the owner may) or running. Alone is no reason (a game of one
	// is allowed).
	Start string `json:"start"`
	// Left says why we are no longer in a room, once: kicked, closed or lost;
	// empty otherwise.
	Left string `json:"left"`
}

// RoomPlayer is a player in the room.
type RoomPlayer struct {
	ID         int    `json:"id"`
	Number     int    `json:"number"` // 1-based: the number in a game that starts now
	Name       string `json:"name"`
	Ping       int    `json:"ping"` // ms
	Connection int    `json:"connection"`
	FrameDelay int    `json:"frameDelay"` // frames that this player will get; 0 is not known
	Me         bool   `json:"me"`
	Owner      bool   `json:"owner"`
}

// Play is the game that runs, or the last one. It replaces the one before;
// Samples follow while it runs.
type Play struct {
	State      string   `json:"state"` // none, netsync (waiting for everybody to load), playing or over
	Game       string   `json:"game"`
	Player     int      `json:"player"`  // 1-based
	Players    []string `json:"players"` // names, in order
	Dropped    []int    `json:"dropped"` // numbers of players that are gone
	FrameDelay int      `json:"frameDelay"`
	Start      int64    `json:"start"`
	End        int64    `json:"end"`    // 0 while it runs
	Reason     string   `json:"reason"` // why it is over, for a person
	Record     string   `json:"record"` // the file it is recorded to, or played from; may be empty
	Playback   bool     `json:"playback"`
	Paused     bool     `json:"paused"` // a playback's
	Speed      float64  `json:"speed"`  // a playback's: 1 is 60 frames a second, 0 as fast as it goes
	Length     int      `json:"length"` // a playback's frames in all
	// of the whole game so far, thinned out; only in the first Play of a connection and when a game ends
	Samples []Sample `json:"samples"`
}

// Sampled adds a sample to the running game.
type Sampled struct {
	Sample Sample `json:"sample"`
}

// Sample is half a second of a game.
type Sample struct {
	At     int64   `json:"at"`
	Frames int     `json:"frames"` // handed out since the start
	Rate   float64 `json:"rate"`   // frames a second
	Ping   float64 `json:"ping"`   // ms, measured by the frames themselves
	Stalls int     `json:"stalls"` // in this sample
	Stall  float64 `json:"stall"`  // ms waited in this sample
	// players' numbers that the waits were for; 0 is our own line; empty: not known
	StalledBy []int   `json:"stalledBy"`
	Lost      float64 `json:"lost"`    // per cent of datagrams, estimated
	Resends   int     `json:"resends"` // in this sample
	BytesIn   int     `json:"bytesIn"` // a second, UDP payload
	BytesOut  int     `json:"bytesOut"`
	Behind    int     `json:"behind"` // frames that a player who came back has still to catch up
}

// Records are the recordings, the newest first. It replaces the one before.
type Records struct {
	List []Record `json:"list"`
}

// Record is one recording.
type Record struct {
	File     string   `json:"file"` // its name, which identifies it
	Game     string   `json:"game"`
	Emulator string   `json:"emulator"`
	At       int64    `json:"at"` // when the game started; 0: not known
	Player   int      `json:"player"`
	Players  []string `json:"players"` // names, as far as the file has them; as many as played
	Frames   int      `json:"frames"`
	Length   int64    `json:"length"` // ms at 60 frames a second
	Bytes    int64    `json:"bytes"`
	Have     bool     `json:"have"`    // this emulator has the game
	Same     bool     `json:"same"`    // it was recorded by this emulator and version
	Problem  string   `json:"problem"` // why it cannot be played; empty when it can
}

// Host tells of the server inside this library.
type Host struct {
	State     string     `json:"state"` // off, starting, on or failed
	Name      string     `json:"name"`
	Addresses []HostedAt `json:"addresses"`
	Users     int        `json:"users"`
	MaxUsers  int        `json:"maxUsers"`
	Error     string     `json:"error"`
}

// HostedAt is an address under which somebody reaches the hosted server.
type HostedAt struct {
	Address string `json:"address"` // host:port
	Scope   string `json:"scope"`   // this (computer), local (network) or internet
}

// FoundGames answers FindGames.
type FoundGames struct {
	Query string   `json:"query"`
	Total int      `json:"total"` // how many match
	Games []string `json:"games"` // the first of them, at most MaxFound
}

// MaxFound is how many names FoundGames holds at most.
const MaxFound = 200

// Done answers a request that had an ID: with a nil Error it was carried out.
type Done struct {
	Re    int      `json:"re"`
	Error *Problem `json:"error"`
}

// Ended is the last message: the dialog is over. Reason: back (the user's
// button), emulator (it shut down) or alone (no page came back in time).
type Ended struct {
	Reason string `json:"reason"`
}

func (Hello) toPage()         {}
func (Settings) toPage()      {}
func (Sources) toPage()       {}
func (Servers) toPage()       {}
func (ServerChanged) toPage() {}
func (WaitingGames) toPage()  {}
func (Session) toPage()       {}
func (Users) toPage()         {}
func (UserChanged) toPage()   {}
func (UserGone) toPage()      {}
func (Games) toPage()         {}
func (GameChanged) toPage()   {}
func (GameGone) toPage()      {}
func (Chat) toPage()          {}
func (Room) toPage()          {}
func (Play) toPage()          {}
func (Sampled) toPage()       {}
func (Records) toPage()       {}
func (Host) toPage()          {}
func (FoundGames) toPage()    {}
func (Done) toPage()          {}
func (Ended) toPage()         {}
