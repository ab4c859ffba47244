-- NES (nes.hex): each player walks in a spiral of their own, pressing the directions of their pad.
local DIRECTIONS = { "JOYSTICK_RIGHT", "JOYSTICK_DOWN", "JOYSTICK_LEFT", "JOYSTICK_UP" }

return function(frame, player)
	local leg = frame // (player == 1 and 17 or 13)
	local pressed = { [DIRECTIONS[leg % 4 + 1]] = 1 }
	-- Now and then two at once, so that the squares get around.
	if leg % 7 == 0 then pressed[DIRECTIONS[(leg + player) % 4 + 1]] = 1 end
	return pressed
end
