-- layout.lua: which inputs the machine has, whose they are, and how they travel.
--
-- The machine's own ports say all of it, so that no driver needs a word here. Every input field becomes a control:
-- one bit for a digital one, as many bits as its mask has for an analog one. A player sends the values of all controls
-- in one fixed order; of these, a control takes only those of the players who own it.
--
-- Whose a control is:
--   P1 Button 1, P2 Paddle ...   the player at that seat. Who has no seat of their own (three players and two joysticks,
--                                or a machine where players take turns at one) shares a seat with another.
--   1 Player Start, Coin 1 ...   player 1, and so on; with no start or coin of their own players share the first
--   keyboards, service, tilt ... everybody
-- A digital control with several owners is pressed while one of them presses it. An analog one has one owner, the
-- player with the lowest number.
local layout = {}

-- The sizes that an input can have on the wire, in bytes. The size must be the same for all players of a room before they
-- can compare anything, so it is one of a few and not exactly what the machine needs: two players whose layouts differ
-- then still get as far as reading each other's digests.
local SIZES = { 32, 128, 512 }
-- Of them at the front: a byte of flags and two of the check (play.lua).
layout.HEAD = 3

local function bits(mask)
	local n = 0
	while mask ~= 0 do
		n = n + (mask & 1)
		mask = mask >> 1
	end
	return n
end

local function shift(mask)
	local n = 0
	while mask ~= 0 and mask & 1 == 0 do
		n = n + 1
		mask = mask >> 1
	end
	return n
end

-- all_fields finds every field of every port once. MAME's own list goes by name, which hides one of two fields of
-- the same name and shows one with two names twice, so the bits are asked as well.
local function all_fields(machine)
	local found = {}
	for tag, port in pairs(machine.ioport.ports) do
		local seen = {}
		local function add(field)
			if not field then return end
			-- Fields that MAME uses inside have no class that Lua may ask for.
			local ok, class = pcall(function() return field.type_class end)
			if not ok then return end
			local key = string.format("%s/%08x/%d/%d/%s", tag, field.mask, field.player, field.type, field.default_name)
			if not seen[key] then
				seen[key] = true
				found[#found + 1] = { key = key, tag = tag, port = port, field = field, class = class }
			end
		end
		for _, field in pairs(port.fields) do add(field) end
		for bit = 0, 31 do add(port:field(1 << bit)) end
	end
	table.sort(found, function(a, b) return a.key < b.key end)
	return found
end

-- classify says what a control is: its kind, and for a control of one player that player's number.
local function classify(token)
	local number, kind = token:match("^P(%d+)_(.+)$")
	if number then return kind, tonumber(number), false end
	kind, number = token:match("^(START)(%d+)$")
	if not number then kind, number = token:match("^(COIN)(%d+)$") end
	if number then return kind, tonumber(number), true end
	return token, nil, false
end

-- read makes the layout of a machine. settings are what is set up and not played: switches, jumpers, adjusters.
function layout.read(machine)
	local l = { controls = {}, settings = {}, seats = 0 }
	for _, f in ipairs(all_fields(machine)) do
		local token = machine.ioport:input_type_to_token(f.field.type, f.field.player)
		if f.class == "dipswitch" or f.class == "config" or token == "ADJUSTER" then
			l.settings[#l.settings + 1] = f
		else
			f.kind, f.number, f.common = classify(token)
			f.analog = f.field.is_analog
			f.mask = f.field.mask
			f.shift = shift(f.mask)
			f.bits = f.analog and bits(f.mask) or 1
			f.name = f.field.name
			l.controls[#l.controls + 1] = f
			if f.number and not f.common then l.seats = math.max(l.seats, f.number) end
		end
	end
	local total = 0
	local ordinal = {}
	l.by_place = {}
	for _, c in ipairs(l.controls) do
		total = total + c.bits
		if c.number then
			-- The second of two dials of player 2 corresponds to the second of player 1.
			local place = c.kind .. "/" .. c.number
			ordinal[place] = (ordinal[place] or 0) + 1
			c.ordinal = ordinal[place]
			l.by_place[place .. "/" .. c.ordinal] = c
		end
	end
	l.bytes = layout.HEAD + (total + 7) // 8
	for _, size in ipairs(SIZES) do
		if not l.size and l.bytes <= size then l.size = size end
	end
	return l
end

-- describe is the layout as text: two machines have the same if their texts are equal.
function layout.describe(l)
	local lines = {}
	for _, c in ipairs(l.controls) do
		local f = c.field
		lines[#lines + 1] = string.format("%s %s %d %s %s %s %s", c.key, c.kind, c.bits, f.minvalue or "-", f.maxvalue or "-", f.defvalue,
			f.toggle and "toggle" or "")
	end
	return table.concat(lines, "\n")
end

function layout.describe_settings(l)
	local lines = {}
	for _, s in ipairs(l.settings) do lines[#lines + 1] = s.key .. "=" .. s.field.user_value end
	return table.concat(lines, "\n")
end

-- toggles is how the switches stand that change with each press. A key that was pressed while MAME started can
-- have moved one, and no digest of the machine's state would show it.
function layout.toggles(l)
	local lines = {}
	for _, c in ipairs(l.controls) do
		if c.field.toggle then lines[#lines + 1] = c.key .. "=" .. (c.port:read() & c.mask) end
	end
	return table.concat(lines, "\n")
end

-- share decides who owns what in a game of so many players: control.owners is a list of player numbers, lowest first.
function layout.share(l, players)
	local function seat(player)
		return l.seats == 0 and 1 or (player - 1) % l.seats + 1
	end
	for _, c in ipairs(l.controls) do
		c.owners = {}
		for player = 1, players do
			local owns
			if not c.number then
				owns = true
			elseif not c.common then
				owns = seat(player) == c.number
			elseif c.number == 1 then
				owns = player == 1 or not l.by_place[c.kind .. "/" .. player .. "/1"]
			else
				-- The start button of a player who is not there is player 1's: it chooses a game for two at one seat.
				owns = player == c.number or (player == 1 and c.number > players)
			end
			if owns then c.owners[#c.owners + 1] = player end
		end
		-- A seat that nobody sits at is controlled by nobody.
		if c.analog then c.owners = { c.owners[1] } end
	end
end

local function owned(c, player)
	for _, p in ipairs(c.owners) do
		if p == player then return true end
	end
	return false
end

-- source is the control whose keys a player presses to move a control of theirs: players use what they have
-- set up for player 1, whichever seat they get. nil: the control is not theirs.
function layout.source(l, c, player)
	if not owned(c, player) then return nil end
	if not c.number or (c.common and c.number ~= player) then return c end
	return l.by_place[c.kind .. "/1/" .. c.ordinal] or c
end

-- pack makes the bits of an input from the value of each control (values[i] of controls[i]).
function layout.pack(l, values)
	local out, n = {}, 0
	local word, have = 0, 0
	for i, c in ipairs(l.controls) do
		word = word | (values[i] & ((1 << c.bits) - 1)) << have
		have = have + c.bits
		while have >= 8 do
			n = n + 1
			out[n] = word & 0xff
			word, have = word >> 8, have - 8
		end
	end
	if have > 0 then out[n + 1] = word end
	return string.char(table.unpack(out))
end

-- unpack adds a player's input to values: the opposite of pack, for the controls that this player owns.
function layout.unpack(l, text, player, values)
	local at = 1
	local word, have = 0, 0
	for i, c in ipairs(l.controls) do
		while have < c.bits do
			word = word | (text:byte(at) or 0) << have
			at, have = at + 1, have + 8
		end
		local value = word & ((1 << c.bits) - 1)
		word, have = word >> c.bits, have - c.bits
		if owned(c, player) then
			values[i] = c.analog and value or values[i] | value
		end
	end
end

-- say is the layout for people, in lines.
function layout.say(l, player)
	local lines = {}
	local function add(what, test)
		local names = {}
		for _, c in ipairs(l.controls) do
			if test(c) then names[#names + 1] = c.name .. (c.analog and " (analog)" or "") end
		end
		if #names > 0 then lines[#lines + 1] = what .. ": " .. table.concat(names, ", ") end
	end
	add("yours alone", function(c) return #c.owners == 1 and owned(c, player) end)
	add("shared", function(c) return #c.owners > 1 and owned(c, player) end)
	add("the others'", function(c) return #c.owners > 0 and not owned(c, player) end)
	add("nobody's", function(c) return #c.owners == 0 end)
	return lines
end

return layout
