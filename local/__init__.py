"""The local cloud: the real template on one machine, with stand-ins for everything outside AWS."""
