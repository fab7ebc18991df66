"""Tests with the real daemon process."""
