"""What becomes of letters on their way: sent, put off, refused, waiting."""
