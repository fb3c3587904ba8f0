"""Uploads: planned in one call, then ingested when the file arrives."""
