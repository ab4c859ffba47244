-- digest.lua: 64-bit digests of what a machine is and of the state it is in.
local digest = {}

local function sorted(container)
	local keys = {}
	for key in pairs(container) do keys[#keys + 1] = key end
	table.sort(keys)
	return keys
end

-- devices covers what is plugged in: a different slot card, BIOS or option gives other devices.
function digest.devices(hash, machine)
	local lines = {}
	for _, tag in ipairs(sorted(machine.devices)) do lines[#lines + 1] = tag .. "=" .. machine.devices[tag].shortname end
	for _, tag in ipairs(sorted(machine.memory.shares)) do lines[#lines + 1] = tag .. "=" .. machine.memory.shares[tag].size end
	return hash(table.concat(lines, "\n"))
end

-- media covers the tapes, disks and cartridges that are in. Their file names may differ.
function digest.media(hash, machine)
	local lines = { emu.softname() }
	for _, tag in ipairs(sorted(machine.images)) do
		local image = machine.images[tag]
		if image.exists then
			lines[#lines + 1] = tag .. "=" .. tostring(image.crc) .. "=" .. tostring(image.software_list_name)
		end
	end
	return hash(table.concat(lines, "\n"))
end

-- roms covers the bytes of the ROM regions, up to a megabyte spread over each.
function digest.roms(hash, machine)
	local most = 1 << 18 -- words of four bytes
	local h = 0
	for _, tag in ipairs(sorted(machine.memory.regions)) do
		local region = machine.memory.regions[tag]
		local words = region.size // 4
		local step = math.max(1, (words + most - 1) // most)
		h = hash(tag .. "=" .. region.size, h)
		local piece, n = {}, 0
		for word = 0, words - 1, step do
			n = n + 1
			piece[n] = region:read_u32(word * 4)
			if n == 256 then
				h = hash(string.pack("<" .. ("I4"):rep(n), table.unpack(piece)), h)
				n = 0
			end
		end
		if n > 0 then h = hash(string.pack("<" .. ("I4"):rep(n), table.unpack(piece, 1, n)), h) end
	end
	return h
end

-- state makes a function that digests everything that MAME would put into a saved state: memory, registers, timers of
-- all devices.
function digest.state(hash, machine)
	local items = {}
	for _, tag in ipairs(sorted(machine.devices)) do
		local of = machine.devices[tag].items
		for _, name in ipairs(sorted(of)) do
			local item = emu.item(of[name])
			items[#items + 1] = { item = item, size = item.size * item.count }
		end
	end
	return function()
		local h = 0
		for _, i in ipairs(items) do h = hash(i.item:read_block(0, i.size), h) end
		return h
	end
end

-- screens makes a function that digests the pixels of all screens.
function digest.screens(hash, machine)
	local screens = {}
	for _, tag in ipairs(sorted(machine.screens)) do screens[#screens + 1] = machine.screens[tag] end
	return function()
		local h = 0
		for _, screen in ipairs(screens) do h = hash(screen:pixels(), h) end
		return h
	end
end

return digest
