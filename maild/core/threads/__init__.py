"""Which case a mail belongs to, and the signed addresses that say so."""
