"""Secret addresses that do one thing to one track: for NFC tags, buttons and shortcuts."""
