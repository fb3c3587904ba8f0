"""Jobs as owners see them: built, restaged, canceled, summed up per batch."""
