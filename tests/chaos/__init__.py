"""Fault runs: the whole service in real processes while each of them is killed, and an account of every reminder."""
