"""What tests share: a desk, a sink, a sample organisation, mails, time."""
