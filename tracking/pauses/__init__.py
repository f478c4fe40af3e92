"""Pauses of one track or of all."""
