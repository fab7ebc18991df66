"""The daemon: builds every object from the config, starts and stops it; the only room that knows everyone."""
