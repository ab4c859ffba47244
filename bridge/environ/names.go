package environ

// The orders.
const (
	EnvServer     = "KAILLERA_SERVER"
	EnvNick       = "KAILLERA_NICK"
	EnvRole       = "KAILLERA_ROLE"
	EnvGame       = "KAILLERA_GAME"
	EnvPlayers    = "KAILLERA_PLAYERS"
	EnvConnection = "KAILLERA_CONNECTION"
	EnvCharset    = "KAILLERA_CHARSET"
	EnvRecord     = "KAILLERA_RECORD"
)

// How the library behaves.
const (
	EnvLobby  = "KAILLERA_LOBBY"
	EnvParent = "KAILLERA_PARENT"
	EnvLog    = "KAILLERA_LOG"
)
