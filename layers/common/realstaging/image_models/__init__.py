"""The models that can furnish a room, and the words they are given."""
