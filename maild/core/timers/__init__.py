"""Promises that fell due."""
