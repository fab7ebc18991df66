"""The organisation and its rules as frozen values, and what a rule says of a mail."""
