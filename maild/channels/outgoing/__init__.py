"""Mail that leaves: to a relay or into a maildir."""
