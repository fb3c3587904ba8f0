"""A stand-in for Stripe: customers, plans, Checkout, subscriptions, invoices, events and their webhooks."""
