-- plugin.lua: tests of the parts of the plugin that need no MAME. Run from the top folder: build/mame/lua examples/mame/test/plugin.lua
package.path = "examples/mame/plugins/?.lua;" .. package.path
-- The parts that touch MAME are stand-ins: of a machine only what it is given matters here. Its history is, for each of its frames,
-- everything that it was given up to then, as text.
package.loaded["kaillera/input"] = {
	take = function(machine, l) return { machine = machine, layout = l, values = {} } end,
	read = function(taken)
		local nothing = {}
		for i in ipairs(taken.layout.controls) do nothing[i] = 0 end
		return nothing
	end,
	write = function(taken, values)
		local history = taken.machine.history
		history[#history + 1] = (history[#history] or "") .. table.concat(values, ",") .. ";"
		taken.values = values
	end,
	give_back = function() end,
}
package.loaded["kaillera/digest"] = {
	state = function(hash, machine) return function() return hash(machine.history[#machine.history] or "") end end,
}
local layout = require("kaillera/layout")
local play = require("kaillera/play")
local handshake = require("kaillera/handshake")

local function equal(got, want, what)
	if got ~= want then error(string.format("%s: got %s, want %s", what, tostring(got), tostring(want)), 2) end
end

-- A machine with so many fields: { tag, mask, token, player, analog = }, as MAME would show it.
local function machine(fields)
	local ports, tokens = {}, {}
	for n, f in ipairs(fields) do
		local tag, mask, token, player = f[1], f[2], f[3], f[4] or 0
		local field = {
			mask = mask, player = player, type = n, default_name = token, name = token, is_analog = f.analog or false,
			type_class = f.class or "controller", minvalue = f.analog and 0, maxvalue = f.analog and mask, defvalue = 0, user_value = f.value,
		}
		tokens[n] = token
		ports[tag] = ports[tag] or { fields = {} }
		table.insert(ports[tag].fields, field)
		ports[tag].field = function(port, bit)
			for _, other in ipairs(port.fields) do
				if other.mask & bit ~= 0 then return other end
			end
		end
	end
	return { ioport = { ports = ports, input_type_to_token = function(_, kind) return tokens[kind] end } }
end

local arcade = {
	{ ":A", 0xff, "P1_PADDLE", 0, analog = true }, { ":B", 0xff, "P2_PADDLE", 1, analog = true },
	{ ":C", 0x01, "P1_BUTTON1", 0 }, { ":C", 0x02, "P2_BUTTON1", 1 },
	{ ":C", 0x04, "START1" }, { ":C", 0x08, "START2" }, { ":C", 0x10, "COIN1" }, { ":C", 0x20, "SERVICE" },
	{ ":D", 0x01, "DIPSWITCH", class = "dipswitch", value = 0 },
}

local function owners(l)
	local text = {}
	for _, c in ipairs(l.controls) do text[#text + 1] = c.name .. "=" .. table.concat(c.owners, "+") end
	return table.concat(text, " ")
end

-- Whose the inputs are.
do
	local l = layout.read(machine(arcade))
	equal(#l.controls, 8, "a switch is no control")
	equal(#l.settings, 1, "but a setting")
	equal(l.size, 32, "size on the wire")
	layout.share(l, 2)
	equal(owners(l), "P1_PADDLE=1 P2_PADDLE=2 P1_BUTTON1=1 P2_BUTTON1=2 START1=1 START2=2 COIN1=1+2 SERVICE=1+2", "two players")
	layout.share(l, 1)
	equal(owners(l), "P1_PADDLE=1 P2_PADDLE= P1_BUTTON1=1 P2_BUTTON1= START1=1 START2=1 COIN1=1 SERVICE=1", "alone")
	layout.share(l, 3)
	equal(owners(l), "P1_PADDLE=1 P2_PADDLE=2 P1_BUTTON1=1+3 P2_BUTTON1=2 START1=1+3 START2=2 COIN1=1+2+3 SERVICE=1+2+3",
		"the third shares a seat, but not its paddle")
end

-- Players use the keys of player 1.
do
	local l = layout.read(machine(arcade))
	layout.share(l, 2)
	local function source(name, player)
		for _, c in ipairs(l.controls) do
			if c.name == name then
				local s = layout.source(l, c, player)
				return s and s.name
			end
		end
	end
	equal(source("P2_PADDLE", 2), "P1_PADDLE", "paddle of player 2")
	equal(source("P2_PADDLE", 1), nil, "not that of player 1")
	equal(source("START2", 2), "START1", "start of player 2")
	equal(source("COIN1", 2), "COIN1", "a shared coin")
	equal(source("SERVICE", 2), "SERVICE", "what is everybody's")
end

-- What is packed comes out again, for those who own it.
do
	local fields = {}
	for n = 1, 40 do fields[n] = { ":P" .. string.format("%02d", n), n % 3 == 0 and 0xfff0 or 1, n % 3 == 0 and "P1_DIAL" or "KEYBOARD", 0, analog = n % 3 == 0 } end
	local l = layout.read(machine(fields))
	layout.share(l, 2)
	math.randomseed(1)
	for _ = 1, 200 do
		local values, back = {}, {}
		for i, c in ipairs(l.controls) do
			values[i] = math.random(0, (1 << c.bits) - 1)
			back[i] = 0
		end
		local text = layout.pack(l, values)
		equal(#text <= l.size - layout.HEAD, true, "fits")
		layout.unpack(l, text, 1, back)
		for i in ipairs(values) do equal(back[i], values[i], "control " .. i) end
		-- Player 2 owns the shared keys and none of the dials.
		layout.unpack(l, ("\255"):rep(l.size), 2, back)
		for i, c in ipairs(l.controls) do equal(back[i], c.analog and values[i] or 1, "after player 2, control " .. i) end
	end
	-- A text that is too short reads as nothing pressed, and is no error.
	local nothing = {}
	for i in ipairs(l.controls) do nothing[i] = 0 end
	layout.unpack(l, "", 1, nothing)
	for i in ipairs(l.controls) do equal(nothing[i], 0, "of a short text, control " .. i) end
end

-- Who is the same, and what is told of who is not.
do
	local me = { version = "0.251", machine = "pong", devices = 1, media = 2, roms = 3, settings = 4, layout = -5, state = math.mininteger }
	local function with(change)
		local other = {}
		for key, value in pairs(me) do other[key] = value end
		for key, value in pairs(change) do other[key] = value end
		return other
	end
	-- answer is what the card of who gets from us, in inputs of size bytes, when the server has thrown away the first.
	local function answer(who, size, change, thrown)
		local card, m = handshake.card(who), handshake.meet(me, 1)
		for n = 1, 100 do
			local text = handshake.piece(card, n + (thrown or 0), size)
			equal(#text, size, "size of a piece")
			local met, why = handshake.listen(m, { change and change(text, n) or text })
			if met ~= nil then return met, why, n end
		end
	end
	for _, size in ipairs({ 32, 128, 512 }) do
		for thrown = 0, 4 do
			local met, _, n = answer(me, size, nil, thrown)
			equal(met, true, "the same")
			equal(n, handshake.PIECES, "frames that it takes")
		end
	end
	for change, told in pairs({
		version = "player 1 has MAME 0.999, you have MAME 0.251", machine = "player 1 has the machine 0.999, you have the machine pong",
	}) do
		local met, why = answer(with({ [change] = "0.999" }), 32)
		equal(met, false, change)
		equal(why, told, change)
	end
	for _, part in ipairs({ "devices", "media", "roms", "settings", "layout", "state" }) do
		local met, why = answer(with({ [part] = 99 }), 32)
		equal(met, false, part .. " differs")
		equal(type(why), "string", part .. " differs")
	end
	local long = ("x"):rep(300)
	local m = me
	me = with({ version = long })
	equal(answer(me, 32), true, "a long name is cut alike")
	me = m
	-- Somebody who has left sends zeros; it shows when the others are there.
	local both, card = handshake.meet(me, 2), handshake.card(me)
	local met, why, frames
	for n = 1, 300 do
		frames = n
		met, why = handshake.listen(both, { n < 100 and ("\0"):rep(32) or handshake.piece(card, n, 32), ("\0"):rep(32) })
		if met ~= nil then break end
	end
	equal(met, false, "zeros are nobody")
	equal(why, "player 2 has left", "zeros are somebody who left")
	equal(frames > 100 and frames < 200, true, "the wait begins with the first input")
	met, why = answer(me, 32, function(text, n) return n == 1 and "\x80" .. text:sub(2) or text end)
	equal(met, false, "another program")
	equal(why, "player 1 does not run this plugin, or another version of it", "another program")
	-- Whatever others send is an answer and not an error.
	math.randomseed(2)
	for _ = 1, 2000 do
		local met, why = answer(me, 32, function(text, n)
			if math.random(1, 4) > 1 then return text end
			local at = math.random(1, 32)
			return text:sub(1, at - 1) .. string.char(math.random(0, 255)) .. text:sub(at + 1)
		end)
		equal(met == true or met == false and type(why) == "string", true, "an answer")
	end
	local _, evil = answer(with({ version = "\27[2J" }), 32)
	equal(evil:find("\27"), nil, "no control characters reach the screen")
end

-- A game of players whose frame delays are given, on a server that lines up their calls (or not: then the first frame that is
-- combined is everybody's first). Returns the players.
local function game(delays, frames, change, not_lined_up)
	local longest = math.max(table.unpack(delays))
	local sent, players = {}, {}
	local function hash(text)
		local h = 7
		for n = math.max(1, #text - 300), #text do h = (h * 31 + text:byte(n)) & 0xffffffff end
		return h
	end
	for p, delay in ipairs(delays) do
		sent[p] = {}
		local player = { said = {}, calls = 0, delay = delay }
		local lead = not_lined_up and 0 or longest - delay -- zero frames, and inputs that are thrown away
		local l = layout.read(machine(arcade))
		local kbridge = {
			hash = hash, leave = function() end, delay = function() return delay end,
			exchange = function(text)
				player.calls = player.calls + 1
				equal(#text, l.size, "size of an input")
				sent[p][player.calls] = text
				if player.calls <= delay then return 0 end
				if player.calls <= delay + lead then return ("\0"):rep(#delays * l.size) end
				local all = ""
				for q, other in ipairs(delays) do
					local thrown = not_lined_up and 0 or longest - other
					all = all .. sent[q][player.calls - delay - lead + thrown]
				end
				return all
			end,
		}
		local me = { version = "0.251", machine = "pong", devices = 1, media = 2, roms = 3, settings = 4, layout = 5, state = 6 }
		if change then change(me, p) end
		local it = { history = {} }
		player.machine = it
		player.g = play.start(kbridge, it, me, l, p, #delays, function(text) table.insert(player.said, text) end, function(values, frame)
			values[p + 2] = frame % 7 == p and 1 or 0 -- the button
			values[p] = frame % 251 -- the paddle
		end)
		players[p] = player
	end
	for frame = 1, frames do
		for p, player in ipairs(players) do
			if not player.over then
				local before = #player.machine.history
				player.over = play.step(player.g)
				equal(#player.machine.history - before, player.over and 0 or 1, "frames of the machine in call " .. frame .. " of player " .. p)
				if not player.over then play.arrive(player.g) end
			end
		end
	end
	return players
end

-- Calls are frames: players at different distances have the same machine after the same call, and each its own lag.
for _, delays in ipairs({ { 1, 1 }, { 1, 6 }, { 11, 1 }, { 3, 1, 8 }, { 89, 2 } }) do
	local players = game(delays, 1300)
	local what = "delays " .. table.concat(delays, ", ") .. ": "
	for p, player in ipairs(players) do
		equal(player.over, nil, what .. "the game goes on")
		equal(table.concat(player.said, "\n"):find("DESYNC"), nil, what .. "nobody says DESYNC")
		for call, history in ipairs(player.machine.history) do
			if history ~= players[1].machine.history[call] then error(what .. "the machine of player " .. p .. " is apart at call " .. call) end
		end
		-- Its paddle stands where the player had it as many frames ago as its frame delay is.
		if p <= 2 then
			equal(player.machine.history[1300]:match("([^;]*);$"):match(("[^,]*,"):rep(p - 1) .. "([^,]*)"), tostring((1299 - player.delay) % 251),
				what .. "own lag of player " .. p)
		end
	end
end

-- On a server that does not line up calls the machines come apart, and it is said.
do
	local players = game({ 1, 6 }, 700, nil, true)
	equal(players[1].machine.history[100] == players[2].machine.history[100], false, "not lined up: apart")
	for _, player in ipairs(players) do equal(table.concat(player.said, "\n"):find("DESYNC") ~= nil, true, "and DESYNC is said") end
end

-- Players who cannot play together are told so in the same call, all of them.
do
	local players = game({ 1, 6, 3 }, 100, function(me, p)
		if p == 3 then me.roms = 99 end
	end)
	for p, player in ipairs(players) do
		equal(player.over ~= nil and player.over:find("no game with these players: player " .. (p == 3 and 1 or 3) .. " has other ROMs", 1, true), 1, "player " .. p .. " is told")
	end
	equal(players[1].calls, players[2].calls, "in the same call")
end

print("ok  examples/mame/plugins/kaillera")
