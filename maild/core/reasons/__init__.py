"""Reasons as values, and their words in each language."""
