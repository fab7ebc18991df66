"""What a person wrote in a mail: own words apart from quotes, signatures and what was forwarded."""
