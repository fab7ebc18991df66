"""Values that everybody names: cases, people, mails, moments."""
