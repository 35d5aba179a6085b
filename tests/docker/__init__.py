"""Tests on a real engine of containers; without one they are skipped and say how to start one."""
