"""Stripe: the client, its transport, and what its errors mean."""
