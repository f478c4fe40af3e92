"""ntfy (https://ntfy.sh, or a server of one's own): messages to a topic."""
