"""Files in and out: imports of other trackers' files, exports of one's own data, and their restore."""
