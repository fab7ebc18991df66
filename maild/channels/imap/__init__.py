"""Mail that is fetched from mailboxes."""
