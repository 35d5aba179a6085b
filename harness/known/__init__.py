"""Facts of the world outside: each with its source and the day on which somebody looked. Nothing in it is simulated."""
