"""Delivery reports: which mail of ours came to nothing, and why."""
