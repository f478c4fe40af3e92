"""Events that devices and apps push, and the rules by which they set days of tracks."""
