"""What agents say by mail: answers, notes, and the evidence that it was they."""
