"""The processes in which mail is read, because mail can be hostile."""
