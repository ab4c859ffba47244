-- play.lua: one game, from the start that the lobby announced to its end.
--
-- Calls are frames: everybody's machine stands still at the same moment, the end of its first frame, and from then on each
-- machine advances one frame for each exchange, and never otherwise. Before the first input comes back, and while the
-- players compare what they are, it does so with nobody pressing anything. Servers line up the players' exchanges, so frame 100 is
-- the same frame for all, however far away they are.
local layout = require("kaillera/layout")
local handshake = require("kaillera/handshake")
local input = require("kaillera/input")
local digest = require("kaillera/digest")
local play = {}

-- The first byte of an input in play. A player who has left sends zeros for ever, and this tells that from one who
-- presses nothing.
local PRESENT = 0x80

-- In each frame that CHECK divides the input carries two bytes of the digest that the machine had CHECK_AGO frames before.
-- It comes back as many frames later as its sender's frame delay is, fewer than CHECK, so the frame in which it comes says which
-- it was. It is rare because an input that was sent before travels as one byte, and this makes a new one.
local CHECK, CHECK_AGO = 600, 300

local OVER = "the game is over here: the room or the server is gone, or nothing came for a long time"

-- next_input is the next input to send: pieces of the card until all have met, then what the player does.
local function next_input(g)
	if g.meeting then
		g.pieces = g.pieces + 1
		return handshake.piece(g.card, g.pieces, g.layout.size)
	end
	local values = input.read(g.taken)
	if g.script then g.script(values, g.frame) end
	local check = g.frame > 0 and g.frame % CHECK == 0 and g.checks[g.frame - CHECK_AGO] or 0
	local text = string.pack("<BI2", PRESENT, check) .. layout.pack(g.layout, values)
	return text .. ("\0"):rep(g.layout.size - #text)
end

-- exchange returns what all players sent for the frame, a text each, or nil when the game is over. Inside the frame delay
-- nothing has come back yet; the machine runs that frame, too, with zeros of everybody.
local function exchange(g)
	local all = g.kbridge.exchange(next_input(g))
	if all == -1 then return nil end
	local inputs = {}
	for p = 1, g.players do
		inputs[p] = all == 0 and g.nothing or all:sub((p - 1) * g.layout.size + 1, p * g.layout.size)
	end
	return inputs
end

-- start begins a game. kbridge is the C module, me what handshake.card takes, say a function for lines of text, script nil or
-- a function that changes the values that the player sends for a frame.
function play.start(kbridge, machine, me, l, player, players, say, script)
	layout.share(l, players)
	for _, line in ipairs(layout.say(l, player)) do say("  " .. line) end
	return {
		kbridge = kbridge, machine = machine, layout = l, player = player, players = players, say = say, script = script,
		card = handshake.card(me), meeting = handshake.meet(me, players), pieces = 0, nothing = ("\0"):rep(l.size),
		taken = input.take(machine, l, player), state = digest.state(kbridge.hash, machine),
		frame = 0, -- exchanges, and frames that the machine was given
		checks = {},
	}
end

-- check compares what a player says about its machine with this one, and says it once if they have come apart.
local function check(g, player, said)
	local frame = g.frame - g.frame % CHECK - CHECK_AGO
	local mine = g.checks[frame]
	if said ~= 0 and mine and said ~= mine and not g.apart then
		g.apart = true
		g.say(string.format("DESYNC: since some frame before %d the machine of player %d is not equal to this one", frame, player))
	end
end

-- arrive is called when the machine has completed a frame, in the same call of the hook: in a pause MAME finishes what else is
-- due at that instant, and a digest that is taken after it is another one.
function play.arrive(g)
	if g.frame % CHECK == CHECK - CHECK_AGO then
		g.checks[g.frame] = math.max(1, g.state() & 0xffff)
		g.checks[g.frame - 2 * CHECK] = nil
	end
end

-- step trades the input of one frame and gives it to the machine, which may then advance to its next frame.
-- It returns nil, or why the game is over.
function play.step(g)
	local inputs = exchange(g)
	if not inputs then return OVER end
	local values = {}
	for i, c in ipairs(g.layout.controls) do
		-- Nobody presses anything, and the paddle of somebody who is not there stays where it was.
		values[i] = c.analog and g.taken.values[i] or 0
	end
	if g.meeting then
		local met, why = handshake.listen(g.meeting, inputs)
		if met == false then return "no game with these players: " .. why end
		if met then
			g.meeting = nil
			g.say(string.format("everybody is the same; frame delay %d, met at frame %d", g.kbridge.delay(), g.frame))
		end
	else
		for p, text in ipairs(inputs) do
			local flags, said = string.unpack("<BI2", text)
			-- Without it: somebody who has left, or a piece of a card that was under way when all had met.
			if flags & PRESENT ~= 0 then
				layout.unpack(g.layout, text:sub(layout.HEAD + 1), p, values)
				if p ~= g.player then check(g, p, said) end
			end
		end
	end
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
