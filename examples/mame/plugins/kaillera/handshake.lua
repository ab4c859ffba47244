-- handshake.lua: what players tell each other before the machines run, so that machines that could not stay equal never
-- start.
--
-- The first FRAMES exchanges of a game carry it and advance no machine: each input of a player is a piece of their card. The
-- card holds what must be equal, each part by itself so that a difference can be named.
local handshake = {}

handshake.FRAMES = 4
local PIECE = 31 -- bytes of each input after the first; the smallest input has 32
local MARK = 0x40 -- the first byte is MARK plus the number of the piece
local MAGIC = "kbm1"
local FORMAT = "<c4s1s1i8i8i8i8i8i8"
local TEXT = 23 -- the most bytes of a text that fit

-- card packs who we are; see parts for the fields.
function handshake.card(me)
	local card = string.pack(FORMAT, MAGIC, me.version:sub(1, TEXT), me.machine:sub(1, TEXT), me.devices, me.media, me.roms, me.settings,
		me.layout, me.state)
	assert(#card <= handshake.FRAMES * PIECE)
	return card .. ("\0"):rep(handshake.FRAMES * PIECE - #card)
end

-- piece is the input of the n-th exchange, n from 1.
function handshake.piece(card, n, size)
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

-- read gives the card of a player from the pieces of their inputs, or nil and why not.
function handshake.read(inputs)
	local text = {}
	local absent = true
	for n, input in ipairs(inputs) do
		if input:find("[^\0]") then absent = false end
		if input:byte(1) ~= MARK + n then
			text = nil
			break
		end
		text[n] = input:sub(2, 1 + PIECE)
	end
	if absent then return nil, "has left" end
	local card = text and table.concat(text)
	if not card or card:sub(1, #MAGIC) ~= MAGIC then
		return nil, "does not run this plugin, or another version of it"
	end
	local ok, _, version, machine, devices, media, roms, settings, layout, state = pcall(string.unpack, FORMAT, card)
	if not ok then return nil, "sends what this plugin does not understand" end
	return {
		version = version, machine = machine, devices = devices, media = media, roms = roms, settings = settings,
		layout = layout, state = state,
	}
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

return handshake
