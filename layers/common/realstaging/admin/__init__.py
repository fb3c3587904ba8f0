"""What administrators see and change; each change with its version and its line in the log."""
