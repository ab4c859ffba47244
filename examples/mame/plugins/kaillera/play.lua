-- play.lua: one game, from the start that the lobby announced to its end.
--
-- Everybody's machine stands still at the same moment, the end of its first frame. The players compare what they are, and
-- from then on each machine advances one frame for each combined frame of input, and never otherwise.
local layout = require("kaillera/layout")
local handshake = require("kaillera/handshake")
local input = require("kaillera/input")
local digest = require("kaillera/digest")
local play = {}

-- The first byte of an input in play. A player who has left sends zeros for ever, and this tells that from one who
-- presses nothing.
local PRESENT = 0x80

-- Every CHECK-th input carries two bytes of the digest that the machine had CHECK_AGO frames before. That is longer than
-- anybody's frame delay, so every player has been at that frame. It is rare because an input that was sent before
-- travels as one byte, and this makes a new one.
local CHECK, CHECK_AGO = 600, 300

local OVER = "the game is over here: the room or the server is gone, or nothing came for a long time"

-- next_input is the next input to send: first the pieces of the card, then what the player does.
local function next_input(g)
	g.sent = g.sent + 1
	if g.sent <= handshake.FRAMES then return handshake.piece(g.card, g.sent, g.layout.size) end
	local number = g.sent - handshake.FRAMES - 1 -- of the frame that it is for, from 0
	local values = input.read(g.taken)
	if g.script then g.script(values, number) end
	local check = number > 0 and number % CHECK == 0 and g.checks[number - CHECK_AGO] or 0
	local text = string.pack("<BI2", PRESENT, check) .. layout.pack(g.layout, values)
	return text .. ("\0"):rep(g.layout.size - #text)
end

-- exchange returns the next combined frame, or nil when the game is over. Inside the frame delay the library takes inputs
-- and has no frame to give yet. The machine must not advance then, since the delay differs between players; so the
-- next input follows a frame's time later, until the first frame is there.
local function exchange(g)
	while true do
		local all = g.kbridge.exchange(next_input(g))
		if all == -1 then return nil end
		if all ~= 0 then return all end
		g.waits = g.waits + 1
		g.kbridge.sleep(g.pace)
	end
end

local function of(g, all, player)
	return all:sub((player - 1) * g.layout.size + 1, player * g.layout.size)
end

-- meet compares everybody's cards. It returns why there can be no game, or nil.
local function meet(g, me)
	local inputs = {}
	for p = 1, g.players do inputs[p] = {} end
	for n = 1, handshake.FRAMES do
		local all = exchange(g)
		if not all then return OVER end
		for p = 1, g.players do inputs[p][n] = of(g, all, p) end
	end
	for p = 1, g.players do
		local them, why = handshake.read(inputs[p])
		if them then why = handshake.difference(me, them) end
		if why then return string.format("player %d %s", p, why) end
	end
end

-- start begins a game. kbridge is the C module, me what handshake.card takes, say a function for lines of text, script nil or
-- a function that changes the values that the player sends. It returns the game, or nil and why there is none.
function play.start(kbridge, machine, me, l, player, players, say, script)
	layout.share(l, players)
	for _, line in ipairs(layout.say(l, player)) do say("  " .. line) end
	local g = {
		kbridge = kbridge, machine = machine, layout = l, player = player, players = players, say = say, script = script,
		card = handshake.card(me), taken = input.take(machine, l, player), state = digest.state(kbridge.hash, machine),
		frame = 0, -- combined frames that the machine was given
		sent = 0, waits = 0, checks = {}, left = {}, pace = 1 / 60,
	}
	for _, screen in pairs(machine.screens) do
		if screen.refresh > 1 then g.pace = 1 / screen.refresh end
	end
	local why = meet(g, me)
	if why then
		play.finish(g)
		return nil, why
	end
	return g
end

-- check compares what the players said about their machines, and says it once if they have come apart.
local function check(g, player, said)
	local mine = g.checks[g.frame - CHECK_AGO]
	if said ~= 0 and mine and said ~= mine and not g.apart then
		g.apart = true
		g.say(string.format("DESYNC: since some frame before %d the machine of player %d is not equal to this one", g.frame - CHECK_AGO, player))
	end
end

-- arrive is called when the machine has completed a frame, in the same call of the hook: in a pause MAME finishes what else is
-- due at that instant, and a digest that is taken after it is another one.
function play.arrive(g)
	if g.frame % CHECK == CHECK - CHECK_AGO then g.checks[g.frame] = math.max(1, g.state() & 0xffff) end
end

-- step trades the input of one frame and gives it to the machine, which may then advance to its next frame.
-- It returns nil, or why the game is over.
function play.step(g)
	local all = exchange(g)
	if not all then return OVER end
	local values = {}
	for i, c in ipairs(g.layout.controls) do
		-- The paddle of somebody who has left stays where it was.
		values[i] = c.analog and g.taken.values[i] or 0
	end
	for p = 1, g.players do
		local text = of(g, all, p)
		local flags, said = string.unpack("<BI2", text)
		if flags & PRESENT == 0 then
			g.left[p] = true
		else
			layout.unpack(g.layout, text:sub(layout.HEAD + 1), p, values)
			if p ~= g.player then check(g, p, said) end
		end
	end
	g.checks[g.frame - CHECK] = nil
	input.write(g.taken, values)
	g.frame = g.frame + 1
end

-- finish ends the game for this player and gives the inputs back.
function play.finish(g)
	if g.finished then return end
	g.finished = true
	g.kbridge.leave()
	input.give_back(g.taken)
end

return play
