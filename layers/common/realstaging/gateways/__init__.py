"""One small class per thing outside the table."""
