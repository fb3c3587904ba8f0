"""Live status: tickets for a socket, and what is pushed over it."""
