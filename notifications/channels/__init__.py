"""The channels on which messages leave: a registry, and a module for each."""
