"""Stand-ins for the vendors: servers that speak the APIs of Replicate, Stripe and an OIDC provider."""
