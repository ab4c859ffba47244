-- init.lua: the plugin, from MAME's start to its end.
--
-- It all happens in one place: the hook that MAME calls for each picture it shows, after it has looked at the keyboard and before
-- it works out what the machine's inputs are. The phases:
--
--   boot    the machine has not completed a frame
--   lobby   the machine stands still at the end of its first frame, the lobby is open
--   game    one exchange for each frame of the machine, from the first on
--   over    the machine stands still again; the player may go on alone
local layout = require("kaillera/layout")
local digest = require("kaillera/digest")
local input = require("kaillera/input")
local play = require("kaillera/play")
local observe = require("kaillera/observe")

local exports = {
	name = "kaillera",
	version = "2",
	description = "Play over Kaillera",
	license = "the one in LICENSE",
	author = { name = "kbridge" },
}

-- The least time of the machine between two exchanges, in seconds. The hook is called without the machine having moved when a pause
-- ends, and some machines end a picture twice within a microsecond. It is the machine's time and so the same for all.
local SHORTEST = 0.002

-- How far behind its speed the machine may be and still hurry, in seconds.
local CATCH_UP = 0.1

-- The C module and the library stand beside this folder, unless KMAME_MODULE says where.
local function load_module()
	local path = os.getenv("KMAME_MODULE")
	if not path or path == "" then
		local here = assert(package.searchpath("kaillera/init", package.path) or package.searchpath("kaillera", package.path))
		path = here:gsub("init%.lua$", "") .. "../../kbridge.so"
	end
	local open, why = package.loadlib(path, "luaopen_kbridge")
	if not open then return nil, why end
	return open()
end

function exports.startplugin()
	local kbridge, missing = load_module()
	local phase = "boot"
	local machine, l, game, me
	local digests, last_frame
	local exchanged -- the machine's time at the last exchange
	local arrived -- at the next frame since then
	local menu_open, shown, throttled
	local message -- what stands on the screen while the machine stands still

	local function say(text)
		print("kaillera: " .. text)
		io.stdout:flush()
	end

	local function stop(text)
		say(text)
		if game then
			play.finish(game)
			machine.video.throttled = throttled
		end
		phase = "over"
		message = text .. "\nPause (P) goes on alone, Esc ends MAME."
		emu.pause()
		machine:popmessage(message)
		if last_frame then machine:exit() end
	end

	-- now is the machine's own time, in seconds.
	local function now()
		local t = manager.machine.time
		return t.seconds + t.attoseconds / 1e18
	end

	-- identify is who we are, for the others to compare. The lobby's wait is time enough for it.
	local function identify()
		return {
			version = emu.app_version(), machine = emu.romname(), devices = digest.devices(kbridge.hash, machine),
			media = digest.media(kbridge.hash, machine), roms = digest.roms(kbridge.hash, machine),
			settings = kbridge.hash(layout.describe_settings(l)), layout = kbridge.hash(layout.describe(l)),
			state = kbridge.hash(layout.toggles(l), digest.state(kbridge.hash, machine)()),
		}
	end

	local function boot()
		machine = manager.machine
		last_frame = observe.frames()
		machine.video.frameskip = 0 -- some machines compute while they draw
		if not kbridge then return stop("the module kbridge.so cannot be loaded: " .. missing) end
		l = layout.read(machine)
		if not l.size then
			return stop(string.format("%s has inputs of %d bytes, and the most that can be shared is 512", emu.romname(), l.bytes))
		end
		local bad = input.check(l)
		if #bad > 0 then return stop("these analog inputs cannot be shared: " .. table.concat(bad, ", ")) end
		me = identify()
		if os.getenv("KMAME_VERSION") then me.version = os.getenv("KMAME_VERSION") end
		say(string.format("%s on MAME %s, inputs of %d bytes", emu.romname(), me.version, l.bytes))
		local ok, why = kbridge.open("MAME " .. emu.app_version() .. " (kbridge " .. exports.version .. ")", emu.romname())
		if not ok then return stop(why) end
		phase = "lobby"
		message = "Kaillera: waiting for the others"
	end

	-- pace waits until the real time of the machine's time has come. MAME's own throttle forgets the time that it lost
	-- in each wait for another player, and the game would be slower for it; here up to CATCH_UP is made good.
	local base
	local function pace()
		local real, ticks = now() - exchanged, emu.osd_ticks() / emu.osd_ticks_per_second()
		base = base and math.max(base + real, ticks - CATCH_UP) or ticks
		kbridge.sleep(base - ticks)
	end

	-- step is the work of one frame; the machine stands at its end.
	local function step()
		if last_frame and game.frame >= last_frame then
			say(string.format("frame %d, the last", game.frame))
			phase = "leaving"
			play.finish(game)
			emu.pause()
			return
		end
		if game.frame > 0 then pace() end
		local why = play.step(game)
		if why then return stop(why) end
		exchanged, arrived = now(), false
	end

	local function lobby()
		local state, a, b = kbridge.poll()
		if state == "closed" then
			return stop(a == 0 and "the lobby was closed" or "the lobby cannot be opened: set KAILLERA_SERVER, and KAILLERA_LOG to a file that says why")
		end
		if state ~= "game" then return end
		say(string.format("the game starts: player %d of %d; whose the inputs are:", a, b))
		game = play.start(kbridge, machine, me, l, a, b, say, observe.script(machine, l, a))
		digests = observe.digests(kbridge, machine)
		phase = "game"
		throttled, machine.video.throttled = machine.video.throttled, false
		step()
		if phase == "game" then emu.unpause() end
	end

	local function talk()
		for _, text in ipairs(kbridge and kbridge.messages() or {}) do
			say(text)
			machine:popmessage(text)
		end
	end

	local function hook()
		local paused = manager.machine.paused
		if phase == "boot" then
			if not paused and now() > 0 then
				boot()
				emu.pause()
			end
		elseif phase == "lobby" then
			if not paused then emu.pause() end
			lobby()
		elseif phase == "leaving" then
			-- The lobby waits with us for those who are some frames behind, since a server closes the room
			-- when its owner leaves.
			if kbridge.poll() == "closed" then
				kbridge.close()
				machine:exit()
			end
		elseif phase == "game" and kbridge.poll() ~= "game" then
			stop("the game ended while this machine stood still")
		elseif phase == "game" then
			if not arrived and now() - exchanged >= SHORTEST then
				arrived = true
				digests(game.frame)
				play.arrive(game)
			end
			-- MAME ignores digital inputs while its menu is open, so the machine must not run then.
			if manager.ui.menu_active then
				if not paused then
					menu_open = true
					emu.pause()
				end
			elseif menu_open then
				menu_open = false
				if arrived then step() end
				if phase == "game" then emu.unpause() end
			elseif not paused then
				if arrived then step() end
			end
		end
		if machine then
			talk()
			if paused and message and (phase == "lobby" or phase == "over") then
				if shown ~= message or not machine.exit_pending then machine:popmessage(message) end
				shown = message
			end
		end
	end

	emu.register_frame_done(function()
		-- An error in a hook would be printed by MAME for every frame, and the machine would run on alone.
		local ok, why = xpcall(hook, debug.traceback)
		if not ok then
			say("error: " .. why)
			phase, message = "over", nil
			emu.pause()
			if last_frame then manager.machine:exit() end
		end
	end)

	emu.register_stop(function()
		if game then play.finish(game) end
		if kbridge then kbridge.close() end
	end)
end

return exports
