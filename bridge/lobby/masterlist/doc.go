// Package masterlist fetches lists of Kaillera servers, and of the games that wait
// on them, in the two forms that are deployed.
//
// Both give two lines for each server, its name and then
//
//	ip:port;users/max;games;version;location
//
// raw_server_list2.php of kaillera.com puts the waiting games into one line in
// front of them when it is asked with wg=1: fields divided by '|', seven for each
// game: game, ip:port, user, emulator, players, server, location. A list whose
// address ends in server_list.php has them in a game_list.php beside it.
//
// What is fetched is kept on disk, so that a list that does not answer is no dead
// end. Lines that make no sense are left out, never the whole list.
//
// What it must not do: fetch anything but http and https, keep more than its
// limits, or believe a text: whoever shows one shows it as text.
package masterlist
