"""Notices: who is told what, how fast, and in how many parts."""
