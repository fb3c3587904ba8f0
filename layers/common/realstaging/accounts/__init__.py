"""Who is calling, what they may use, and their API keys."""
