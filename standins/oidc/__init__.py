"""An identity provider: discovery, keys, authorization code with PKCE, tokens made to order."""
