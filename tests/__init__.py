"""Tests: one file per endpoint or rule."""
