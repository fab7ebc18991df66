"""What the desk knows it has sent or holds: whether a line of a mail stands in its case already (law R27)."""
