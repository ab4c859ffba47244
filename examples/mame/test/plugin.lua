-- plugin.lua: tests of the parts of the plugin that need no MAME. Run from the top folder: build/mame/lua examples/mame/test/plugin.lua
package.path = "examples/mame/plugins/?.lua;" .. package.path
local layout = require("kaillera/layout")
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
	local function sent(who, size)
		local card, inputs = handshake.card(who), {}
		for n = 1, handshake.FRAMES do
			inputs[n] = handshake.piece(card, n, size)
			equal(#inputs[n], size, "size of a piece")
		end
		return inputs
	end
	for _, size in ipairs({ 32, 128, 512 }) do
		equal(handshake.difference(me, handshake.read(sent(me, size))), nil, "the same")
	end
	for change, told in pairs({
		version = "has MAME 0.999, you have MAME 0.251", machine = "has the machine 0.999, you have the machine pong",
	}) do
		equal(handshake.difference(me, handshake.read(sent(with({ [change] = "0.999" }), 32))), told, change)
	end
	for _, part in ipairs({ "devices", "media", "roms", "settings", "layout", "state" }) do
		local why = handshake.difference(me, handshake.read(sent(with({ [part] = 99 }), 32)))
		equal(type(why), "string", part .. " differs")
	end
	local long = ("x"):rep(300)
	equal(handshake.difference(with({ version = long }), handshake.read(sent(with({ version = long }), 32))), nil, "a long name is cut alike")
	local them, why = handshake.read({ ("\0"):rep(32), ("\0"):rep(32), ("\0"):rep(32), ("\0"):rep(32) })
	equal(them, nil, "zeros are nobody")
	equal(why, "has left", "zeros are somebody who left")
	-- Whatever others send is an answer and not an error.
	math.randomseed(2)
	for _ = 1, 2000 do
		local inputs = sent(me, 32)
		for _ = 1, math.random(1, 4) do
			local n = math.random(1, 4)
			local at = math.random(1, 32)
			inputs[n] = inputs[n]:sub(1, at - 1) .. string.char(math.random(0, 255)) .. inputs[n]:sub(at + 1)
		end
		local them, why = handshake.read(inputs)
		equal(them ~= nil or type(why) == "string", true, "an answer")
		if them then handshake.difference(me, them) end
	end
	local evil = handshake.difference(me, handshake.read(sent(with({ version = "\27[2J" }), 32)))
	equal(evil:find("\27"), nil, "no control characters reach the screen")
end

print("ok  examples/mame/plugins/kaillera")
