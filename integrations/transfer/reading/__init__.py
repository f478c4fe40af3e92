"""Readers of other trackers' files, a module a format. Pure: bytes in, an ImportedFile out, or a DomainError."""
