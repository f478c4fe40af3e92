"""What challenges and groups share: codes, limits, rights, which members are shown."""
