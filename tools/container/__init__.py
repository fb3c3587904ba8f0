"""One function in a container, as `sam local invoke` runs it."""
