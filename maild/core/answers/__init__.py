"""Whom an answer in a case reaches, and whom a mail offers when its sender reads nothing."""
