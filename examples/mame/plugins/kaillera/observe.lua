-- observe.lua: what programs outside can have done and can see: scripted players, digests of the machine, a frame to end
-- at. All of it is asked for in the environment, and no player needs it.
--
--   KMAME_SCRIPT   a Lua file that returns function(frame, player, machine) which returns the values of controls by
--                  name ("Paddle", "Coin 1"; PADDLE or BUTTON1 stand for whichever seat the player has)
--   KMAME_DIGESTS  a file for a line "frame state screen time": digests in hexadecimal after that frame, and
--                  the machine's own time in seconds
--   KMAME_EVERY    frames between two such lines, default 10
--   KMAME_HOLD     stand still for HOLD seconds after each so many frames, so that screenshots show the same frame
--   KMAME_FRAMES   end MAME after so many frames
-- Less than the time that the pace makes good, so that the game does not become slower.
local HOLD = 0.09

local digest = require("kaillera/digest")
local observe = {}

local function environment(name)
	local value = os.getenv(name)
	return value ~= "" and value or nil
end

-- script makes play's script out of KMAME_SCRIPT; nil without one.
function observe.script(machine, l, player)
	local path = environment("KMAME_SCRIPT")
	if not path then return nil end
	local act = assert(loadfile(path))()
	return function(values, frame)
		local wanted = act(frame, player, machine)
		for i, c in ipairs(l.controls) do
			local value = wanted[c.name]
			if value == nil and c.number then value = wanted[c.kind] end
			if value ~= nil then values[i] = value end
		end
	end
end

-- digests makes a function to be called after each frame.
function observe.digests(kbridge, machine)
	local path = environment("KMAME_DIGESTS")
	if not path then return function() end end
	local hold = tonumber(environment("KMAME_HOLD") or "")
	local every = tonumber(environment("KMAME_EVERY") or 10)
	local file = assert(io.open(path, "w"))
	file:setvbuf("line")
	local state, screens = digest.state(kbridge.hash, machine), digest.screens(kbridge.hash, machine)
	return function(frame)
		if frame % every == 0 then
			local time = machine.time
			file:write(string.format("%d %016x %016x %.6f\n", frame, state(), screens(), time.seconds + time.attoseconds / 1e18))
			if hold and frame % hold == 0 then kbridge.sleep(HOLD) end
		end
	end
end

-- frames is after how many frames MAME ends, nil for never.
function observe.frames()
	return tonumber(environment("KMAME_FRAMES") or "")
end

return observe
