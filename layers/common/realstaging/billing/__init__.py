"""Subscriptions: bought, changed and ended at Stripe; here, what they give their owner."""
