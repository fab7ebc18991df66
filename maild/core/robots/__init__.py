"""Which mails no person wrote, or ask for nothing."""
