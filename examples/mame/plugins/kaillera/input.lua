-- input.lua: takes the machine's inputs away from MAME and gives them what the game says.
--
-- MAME moves an input field when the keys of its sequence are pressed. While a game runs no field may do that by itself, or
-- one machine would see a key that the others do not: all sequences are emptied, the local player's keys are
-- read here, and fields get their values from the exchange only. Every field is written in every frame, since a click on an
-- artwork button writes fields too.
local layout = require("kaillera/layout")
local input = {}

local SEQUENCES = { "standard", "increment", "decrement" }

-- Keys of MAME itself that would change one machine and not the others.
local UI_KEYS = {
	"UI_RESET_MACHINE", "UI_SOFT_RESET", "UI_LOAD_STATE", "UI_LOAD_STATE_QUICK", "UI_REWIND_SINGLE", "UI_FAST_FORWARD",
	"UI_FRAMESKIP_INC", "UI_FRAMESKIP_DEC", "UI_PASTE", "UI_TOGGLE_CHEAT", "UI_TOGGLE_DEBUG",
}

local function set(field, kind, sequence)
	-- Paddles have three sequences, buttons one; asking for more than there is does no harm.
	field:set_input_seq(kind, sequence)
end

-- calibrate finds which number must be written to an analog field for a number to be read from it: there may be a table
-- or an inversion in between. Returns the translation (nil: the same number), or false if the field
-- does not read back what is written, as signed ones do not in some versions of MAME.
local function calibrate(c)
	local function reads(value)
		c.field:set_value(value)
		return (c.port:read() & c.mask) >> c.shift
	end
	local most = c.mask >> c.shift
	local field = c.field
	local low, high = (field.minvalue & c.mask) >> c.shift, (field.maxvalue & c.mask) >> c.shift
	local probes = { low, high, (low + high) // 2, (field.defvalue & c.mask) >> c.shift }
	local same, inverted = true, true
	for _, value in ipairs(probes) do
		same = same and reads(value) == value
		inverted = inverted and reads(~value & most) == value
	end
	if same then return nil end
	if inverted then
		return function(value) return ~value & most end
	end
	if c.bits <= 10 then
		local back, found = {}, 0
		for value = 0, most do
			local read = reads(value)
			if not back[read] then
				back[read] = value
				found = found + 1
			end
		end
		if found > 1 then
			return function(value) return back[value] or 0 end
		end
	end
	return false
end

-- check says which inputs cannot be shared: a list of names, empty if all can.
function input.check(l)
	local bad = {}
	for _, c in ipairs(l.controls) do
		if c.analog then
			c.translate = calibrate(c)
			c.field:clear_value()
			if c.translate == false then bad[#bad + 1] = c.name end
		end
	end
	return bad
end

-- take begins: from now on only write moves a field. pressed are the keys of the player's own controls.
function input.take(machine, l, player)
	local keys = machine.input
	local empty = emu.input_seq()
	local taken = { machine = machine, layout = l, restore = {}, values = {}, own = {} }
	for i, c in ipairs(l.controls) do
		c.sequences = {}
		for _, kind in ipairs(SEQUENCES) do c.sequences[kind] = c.field:input_seq(kind) end
		taken.values[i] = 0
	end
	for i, c in ipairs(l.controls) do
		local source = layout.source(l, c, player)
		if source then taken.own[i] = source.sequences.standard end
		for _, kind in ipairs(SEQUENCES) do
			local before = c.sequences[kind]
			local default = c.field:default_input_seq(kind)
			if keys:seq_to_tokens(before) == keys:seq_to_tokens(default) then
				before = emu.input_seq()
				before:set_default()
			end
			taken.restore[#taken.restore + 1] = function() set(c.field, kind, before) end
			-- MAME goes on computing where an analog control of ours stands, with keys, mouse or joystick; it is
			-- read from there and is hidden from the machine by the value that write sets.
			set(c.field, kind, c.analog and source and source.sequences[kind] or empty)
		end
		if c.analog then
			local start = (c.port:read() & c.mask) >> c.shift
			taken.values[i] = start
		end
	end
	for _, token in ipairs(UI_KEYS) do
		local kind, number = machine.ioport:token_to_input_type(token)
		-- A version of MAME that lacks a key answers with the type 0.
		if kind ~= 0 then
			local before = machine.ioport:type_seq(kind, number, "standard")
			machine.ioport:set_type_seq(kind, number, "standard", empty)
			taken.restore[#taken.restore + 1] = function() machine.ioport:set_type_seq(kind, number, "standard", before) end
		end
	end
	machine.natkeyboard.in_use = false -- pasted text would press keys on this machine only
	return taken
end

-- read is what the local player does now: a value for each control, 0 for those of others.
function input.read(taken)
	local keys = taken.machine.input
	local now = {}
	for i, c in ipairs(taken.layout.controls) do
		local own = taken.own[i]
		if not own then
			now[i] = 0
		elseif c.analog then
			c.field:clear_value()
			now[i] = (c.port:read() & c.mask) >> c.shift
		else
			now[i] = keys:seq_pressed(own) and 1 or 0
		end
	end
	return now
end

-- write gives the fields their values for the coming frame.
function input.write(taken, values)
	for i, c in ipairs(taken.layout.controls) do
		local value = values[i]
		if c.analog and c.translate then value = c.translate(value) end
		c.field:set_value(value)
		taken.values[i] = values[i]
	end
end

-- give_back returns the fields to MAME and its user.
function input.give_back(taken)
	for _, restore in ipairs(taken.restore) do restore() end
	for _, c in ipairs(taken.layout.controls) do c.field:clear_value() end
end

return input
