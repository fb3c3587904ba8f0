"""An identity provider: discovery, keys, authorization code with PKCE, tokens to measure."""
