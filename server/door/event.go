package door

// Event is something that a client is told, by its room or by the lobby. Texts of users are as they came, in the
// server's charset; the server's own are UTF-8.
type Event interface{ event() }

// State is what a room does.
type State uint8

// The states of a room.
const (
	Waiting State = iota
	Netsync       // a game has started, and not everybody is ready
	Playing
)

// What a room tells those who are in it.
type (
	// Status is how full a room is, and whether it runs. The lobby tells it to the others.
	Status struct {
		Room    uint32
		State   State
		Players int // who are in it
		Max     int // who fit in
	}
	// Present are those who are in the room already, for one who enters it.
	Present struct{ Members []*Member }
	// Joined is one who has entered the room.
	Joined struct {
		Room uint32
		*Member
	}
	// Left is one who has left the room, or was refused.
	Left struct{ *Member }
	// Starts is the beginning of netsync.
	Starts struct {
		FrameDelay int // of this player, in batches beyond the first
		Player     int // from 1
		Players    int
	}
	// Begins is the beginning of play: everybody is ready.
	Begins struct{}
	// Resumes: the game that the client has rejoined is in play.
	Resumes struct{}
	// Dropped is a player that is no longer in the game.
	Dropped struct {
		*Member
		Player int // from 1
	}
	// Out says that the client's own game is over for it. Nobody sees it.
	Out struct{}
	// Said is a line of the room's chat.
	Said struct{ From, Text string }
	// Notice is a line of the server's in the room's chat.
	Notice struct{ Text string }
	// Denied is why something that the client has asked of its room is not done.
	Denied struct{ Text string }
)

// What only clients are told that rejoin.
type (
	// Behind says that the player is away, and what it was in the game, so that it can fetch what it lacks.
	Behind struct {
		Room       uint32
		Game       string
		FrameDelay int
		Player     int // from 1
		Players    int
		Size       int // of an input; 0 when nobody knows yet
		Loading    bool
	}
	// InStep says that the player is present again: from which frame on its input counts, and which of its frames that
	// is.
	InStep struct{ Frame, First int }
	// Waited says for whom everybody has waited, and how long.
	Waited struct {
		Player       int // from 1
		Milliseconds int // 65535 at most
	}
)

// What the lobby tells.
type (
	// List is everybody and every room there is, for one who comes in.
	List struct {
		Users []ListedUser
		Rooms []ListedRoom
	}
	// Entered is one who has logged in.
	Entered struct{ *Member }
	// Gone is one who has left the server.
	Gone struct {
		*Member
		Message string
	}
	// Chat is a line of the lobby's chat.
	Chat struct{ From, Text string }
	// Told is a line of the server's.
	Told struct{ Text string }
	// Welcome is a line of the welcome, in the server's charset.
	Welcome struct{ Line string }
	// Opened is a new room.
	Opened struct {
		Room                  uint32
		Owner, Game, Emulator string
	}
	// Closed is a room that is there no more.
	Closed struct{ Room uint32 }
)

// ListedUser is a user of a List.
type ListedUser struct {
	*Member
	Plays bool
}

// ListedRoom is a room of a List.
type ListedRoom struct {
	Opened
	Status
}

func (Status) event()  {}
func (Present) event() {}
func (Joined) event()  {}
func (Left) event()    {}
func (Starts) event()  {}
func (Begins) event()  {}
func (Resumes) event() {}
func (Dropped) event() {}
func (Out) event()     {}
func (Said) event()    {}
func (Notice) event()  {}
func (Denied) event()  {}
func (Behind) event()  {}
func (InStep) event()  {}
func (Waited) event()  {}
func (List) event()    {}
func (Entered) event() {}
func (Gone) event()    {}
func (Chat) event()    {}
func (Told) event()    {}
func (Welcome) event() {}
func (Opened) event()  {}
func (Closed) event()  {}
