"""Stored mail decided again with other rules."""
