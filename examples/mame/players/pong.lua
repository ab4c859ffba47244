-- Pong: player 1 puts a coin in now and then, and both swing their paddles.
return function(frame, player)
	local now = frame % 1200
	return {
		PADDLE = math.floor(128 + 90 * math.sin(frame / (player == 1 and 31 or 23))),
		["Coin 1"] = player == 1 and now >= 60 and now < 70 and 1 or 0,
	}
end
