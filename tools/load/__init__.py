"""Bounded load on a local cloud: what it sustains, where the time goes, and whether the simulation foresaw it."""
