"""Holds facts about the outside world as data, each with its source and the day on which it was checked."""
