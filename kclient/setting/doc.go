// Package setting holds tables of settings: name, default, what it takes, and a sentence of help stand in one row, and
// parsing, checks, error texts, --help and the tables in the documentation all come from that row.
//
//	var table = []setting.Setting[Config]{
//		row[int]{
//			Name: "max-users", Field: "MaxUsers",
//			Kind: setting.Int(1, 10_000), Default: 100,
//			To:   func(c *Config) *int { return &c.MaxUsers },
//			Help: "how many users may be logged in at once",
//		},
//	}
//
// where row is short for Row[Config, V]. Every error is an [*Error], which names the setting, what it got and what it
// takes.
//
// # What it must not do
//
// It knows no setting, and reads no flag, no variable and no file. It is for the start of a program, not for the path
// of a frame.
package setting
