"""Is the altered picture still the room of the photo? Lines, surfaces and frame, compared in numbers."""
