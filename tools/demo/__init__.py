"""The demo: photos in, a before-and-after sheet out, all through the API as any client would use it."""
