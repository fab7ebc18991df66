"""The pure heart of maild: frozen values in, frozen values out; no clock, no chance, no I/O, no logging."""
