"""Chaos on the local cloud: seeded troubles while photos are staged, and a checker of what they left."""
