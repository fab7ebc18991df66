"""What becomes of a mail that came."""
