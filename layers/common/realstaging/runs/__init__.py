"""Paid runs: which model, when, at what price, and what became of them."""
