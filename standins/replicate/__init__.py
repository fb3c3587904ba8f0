"""A stand-in for Replicate: its HTTP API, webhooks and faults. It draws furniture instead of running a model."""
