"""What admins write in files, judged whole: ``config.toml`` as one frozen Config, TOML with its lines, values, keys."""
