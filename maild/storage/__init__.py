"""Everything durable: tables, migrations, and the named queries of each step of the journey."""
