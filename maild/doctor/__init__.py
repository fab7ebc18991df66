"""Whether a desk is set up so that mail comes in, goes out and is believed."""
