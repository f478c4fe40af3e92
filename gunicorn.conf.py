"""What gunicorn reads at its start, besides the options of its command line."""

logger_class = "common.gunicorn_logs.SafeLogger"
# Which proxies are believed is decided in one place: TRUSTED_PROXIES and PROXY_NETWORKS.
forwarded_allow_ips = ""
