package settings

// Bounds of the file, before anything is made of it.
const (
	// maxFile is in bytes. A player with 200 favourites and a note for each has some 30 kB.
	maxFile = 64 << 10
	// maxDepth is how deep tables and arrays may lie in each other, and how many dots a key may have. Ours lie two deep
	// ([[favourite]]). The parser's memory grows with the square of the depth: 800 kB of "{a=" took 6.9 GB.
	maxDepth = 8
)

// What a file can make us hold. Texts are cut, lists are cut at their ends.
const (
	MaxFavourites = 500
	MaxRecent     = 20
	MaxSources    = 20
	MaxIgnored    = 500
	MaxNote       = 200 // bytes
	maxText       = 255 // bytes of any other text
)
