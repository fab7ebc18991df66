"""Letters: a notice becomes the finished bytes of one mail."""
