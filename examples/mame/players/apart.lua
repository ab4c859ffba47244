-- As nes.lua, but player 2's machine gets one wrong byte of memory, which the comparison must find.
local play = dofile((os.getenv("KMAME_SCRIPT"):gsub("apart%.lua$", "nes.lua")))

return function(frame, player, machine)
	if player == 2 and frame == 100 then machine.devices[":maincpu"].spaces["program"]:write_u8(0x300, 77) end
	return play(frame, player, machine)
end
