"""Pictures of empty rooms, drawn by our own script, so that a fresh clone has something to stage."""
