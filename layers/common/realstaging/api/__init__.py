"""The HTTP edge: the app, authentication, problems, the served document."""
