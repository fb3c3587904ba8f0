"""The picture check of any pair of pictures."""
