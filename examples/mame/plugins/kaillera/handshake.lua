-- handshake.lua: what players tell each other before anybody's keys count, so that machines that could not stay equal are
-- not played.
--
-- A player's card holds what must be equal, each part by itself so that a difference can be named. It is cut into PIECES
-- inputs, which the player sends over and over until everybody's card is there: a server throws away the first inputs of
-- those who are nearer than others, and nobody knows how many. The machines run meanwhile, with nobody pressing
-- anything, since calls are frames.
local handshake = {}

handshake.PIECES = 4
-- So many frames after the first input that came back all cards must be there, which takes PIECES of them; some servers begin
-- with zeros for players who send several frames at once, five at most.
local PATIENCE = 60
local PIECE = 31 -- bytes of each input after the first; the smallest input has 32
local MARK = 0x40 -- the first byte is MARK plus the number of the piece
local MAGIC = "kbm2"
local FORMAT = "<c4s1s1i8i8i8i8i8i8"
local TEXT = 23 -- the most bytes of a text that fit

-- card packs who we are; see parts for the fields.
function handshake.card(me)
	local card = string.pack(FORMAT, MAGIC, me.version:sub(1, TEXT), me.machine:sub(1, TEXT), me.devices, me.media, me.roms, me.settings,
		me.layout, me.state)
	assert(#card <= handshake.PIECES * PIECE)
	return card .. ("\0"):rep(handshake.PIECES * PIECE - #card)
end

-- piece is the input of the n-th exchange, n from 1.
function handshake.piece(card, n, size)
	n = (n - 1) % handshake.PIECES + 1
	local text = string.char(MARK + n) .. card:sub((n - 1) * PIECE + 1, n * PIECE)
	return text .. ("\0"):rep(size - #text)
end

-- What is compared, in this order: the first that differs is told, since it explains the others.
local parts = {
	{ "version", "MAME %s", true },
	{ "machine", "the machine %s", true },
	{ "devices", "other devices in the machine (its slots, RAM size or BIOS): start MAME with the same options" },
	{ "media", "another tape, disk or cartridge: start MAME with the same software" },
	{ "roms", "other ROMs: compare with mame -verifyroms" },
	{ "layout", "another input layout" },
	{ "settings", "other switches or adjusters: set them alike, or delete the cfg folder, in both" },
	{ "state", "another state at the start (NVRAM, saved settings or the clock): start MAME with kmame" },
}

local STRANGER = "does not run this plugin, or another version of it"

-- read gives the card of a player from its pieces, or nil and why not.
local function read(pieces)
	local card = table.concat(pieces)
	if card:sub(1, #MAGIC) ~= MAGIC then return nil, STRANGER end
	local ok, _, version, machine, devices, media, roms, settings, layout, state = pcall(string.unpack, FORMAT, card)
	if not ok then return nil, "sends what this plugin does not understand" end
	return {
		version = version, machine = machine, devices = devices, media = media, roms = roms, settings = settings,
		layout = layout, state = state,
	}
end

-- meet begins: who we are, and how many play.
function handshake.meet(me, players)
	local m = { me = me, waited = 0, pieces = {}, missing = players }
	for p = 1, players do m.pieces[p] = {} end
	return m
end

-- is_piece says which piece an input is, nil if it is none.
local function is_piece(text)
	local n = text:byte(1) - MARK
	return n >= 1 and n <= handshake.PIECES and n or nil
end

-- printable keeps what another player sends from writing anything but text on our screen.
local function printable(text)
	return (text:gsub("[^\32-\126]", "?"))
end

-- difference says what is different about another player, nil if nothing is.
function handshake.difference(me, them)
	for _, part in ipairs(parts) do
		local name, text, told = part[1], part[2], part[3]
		local mine = me[name]
		if told then mine = mine:sub(1, TEXT) end
		if mine ~= them[name] then
			if told then
				return string.format("has " .. text .. ", you have " .. text, printable(them[name]), printable(mine))
			end
			return "has " .. text
		end
	end
	return nil
end

-- listen takes in what all players sent for one frame, which is the same for everybody, and so is the answer: true when
-- all cards are there and equal, false and why there can be no game, or nil to go on.
function handshake.listen(m, inputs)
	for p, text in ipairs(inputs) do
		local have, n = m.pieces[p], is_piece(text)
		if n then
			m.waited = math.max(m.waited, 1)
			if not have[n] then
				have[n] = text:sub(2, 1 + PIECE)
				if have[1] and have[2] and have[3] and have[4] then
					local them, why = read(have)
					if them then why = handshake.difference(m.me, them) end
					if why then return false, string.format("player %d %s", p, why) end
					m.missing = m.missing - 1
				end
			end
		elseif text:find("[^\0]") then
			return false, string.format("player %d %s", p, STRANGER)
		end
	end
	if m.missing == 0 then return true end
	-- Before the first input comes back there are zeros, as many as the players' frame delays make.
	if m.waited == 0 then return nil end
	m.waited = m.waited + 1
	if m.waited <= PATIENCE then return nil end
	for p, have in ipairs(m.pieces) do
		if next(have) == nil then return false, string.format("player %d has left", p) end
	end
	for p, have in ipairs(m.pieces) do
		if not (have[1] and have[2] and have[3] and have[4]) then return false, string.format("player %d %s", p, STRANGER) end
	end
end

return handshake
