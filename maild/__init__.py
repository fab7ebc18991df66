"""maild: a ticketing desk that lives in the mail system."""
