"""Projects: created, emptied, deleted, and what is downloaded from them."""
