"""From the configuration of the Go service to ours: what becomes what, what is left over, what is dangerous."""
