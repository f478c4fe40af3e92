"""How messages leave: transports, rate limits."""
