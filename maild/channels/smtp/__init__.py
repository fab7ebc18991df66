"""Mail that comes by SMTP, LMTP and submission."""
