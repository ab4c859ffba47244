// Package limits has the server's numbers, each with its reason: what anybody can make it keep, send and do, and what
// happens beyond that.
//
// What an administrator may change has a field in server.Config, its default and range in server/config/settings.go.
// The reasons stand with the numbers.
//
//	bytes that are kept        for each                   in all           beyond it
//	unconfirmed messages       LinkBytes a session        MaxLinkBytes     who has most is ended; others see a quit
//	caches, frames of a game   PlayerBytes a player       MaxGameBytes     the game is refused; its players are told
//	payloads sent to a player  SentBytes                                   the oldest go out whole the next time
//	history of a game          HistoryBytes               MaxHistoryBytes  the largest is given up; the log
//	room chat that waits       OwnLines, MaxSessionLines, MaxServerLines   dropped; its sender is told
//	                           MaxRoomLines a room
//
//	places                     an address has             in all           beyond it
//	logins not proven yet                                 PendingMost      the oldest of its class goes; none is told
//	logins under way           MaxLoginsPerAddress        MaxLogins        the oldest makes room; nobody is told
//	users not proven                                      one in           the oldest makes room; it is told
//	                                                      UnprovenShare
//	what waits for their bytes MaxHeldBytes                                dropped
//	what an old client in a    MaxTalkBytes                                chat is dropped
//	game has no room for
//	histories                  MaxHostHistories           MaxHistories     nobody can rejoin the game
//	addresses with rates       MaxHostRates users         MaxRateHosts     the oldest makes room
//	sessions that are over                                MaxClosing       the oldest is forgotten
//	whom an owner has kicked,  MaxRuledOut a room                          the oldest makes room; nobody is told
//	whom it has silenced
//	users                      MaxUsersPerAddress; of the Config.MaxUsers  refused; told
//	                           last FewPlaces less
//	rooms                                                 Config.MaxGames  refused; told
//
//	what goes out, what is asked for                                       beyond it
//	before who is there has proven it: UnprovenFactor bytes for one        delayed, in netsync and in play as well
//	outside of play: PaceRate after PaceBurst; in play what the game needs delayed
//	changes of rooms, to those outside: NewsPace and NewsEvery             merged: the last state is told
//	moves to an address that has proven nothing: CallRate                  dropped; the client asks again
//	history of a game: MaxHistoryParts datagrams for each of HistoryRate   dropped; the client asks again
//	room chat: LineRate a room; in play together with the frames           delayed
//	Flood.Message: anything but game data and room chat                    dropped
//	Flood.Chat: lines in the lobby, commands in rooms                      dropped; told once in FloodNotice
//	/finduser: MaxFound users; /maxusers: MaxUsersEvery                    the asker is told
//	Flood.GameChat: lines in a room that do not wait                       delayed, see above
//	Flood.Create, Flood.Join, RoomJoinRate: new rooms, joins               refused; told
//	Flood.Login, RejoinRate: logins of an address, those that rejoin       refused; told
//
// What is refused is counted by reason, stats/refusals.go, and the log says once in SummaryEvery how much it was.
package limits
