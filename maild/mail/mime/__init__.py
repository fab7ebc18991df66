"""The parts of a mail: its structure, header fields, character sets, texts and files."""
