"""A stand-in for Replicate on this machine: its HTTP API, its webhooks, its faults; it draws instead of inferring."""
