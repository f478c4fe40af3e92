"""Django's settings, read from the environment; `.env.sample` explains each variable."""

import os
import sys
import zoneinfo
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import corsheaders.defaults
import django_stubs_ext

from common import csp
from common.limits import MAX_LARGE_BODY_BYTES
from config.disks import refuse_network_disk
from config.env import (
    BASE_DIR,
    PRIVATE_NETWORKS,
    boolean,
    comma_separated,
    database,
    database_url_of_parts,
    int_between,
    load_or_create_secret,
    matching,
    networks,
    one_of,
    own_hosts,
    rate,
    read,
    replica_of,
    site_url,
    url,
    without_verification,
)
from config.private_files import private_database, private_folder
from config.version import version
from users.providers.configuration import parse_providers
from users.rules import MIN_PASSWORD_LENGTH

django_stubs_ext.monkeypatch()  # allows ModelAdmin[Habit]
# Use the zone data of the pinned tzdata package: the system's copy can be a year old.
zoneinfo.reset_tzpath(to=())
# Makes python-telegram-bot return durations as timedelta, as its next major version always will.
os.environ.setdefault("PTB_TIMEDELTA", "true")

VERSION = version()
DATA_DIR = read("DATA_DIR", lambda raw: Path(raw).resolve(), BASE_DIR / "data")
private_folder(DATA_DIR, ours=BASE_DIR / "data")
PORT = read("PORT", int_between(1, 65535), 8000)
DEBUG = read("DEBUG", boolean, False)
SECRET_KEY = read("SECRET_KEY", str, "") or load_or_create_secret(DATA_DIR)
SITE_URL = read("SITE_URL", site_url, f"http://localhost:{PORT}")
SITE_PATH = urlsplit(SITE_URL).path
ALLOWED_HOSTS = read("ALLOWED_HOSTS", comma_separated, own_hosts(SITE_URL, read("HOST", str, "")))
CSRF_TRUSTED_ORIGINS = [SITE_URL.removesuffix(SITE_PATH)]
FORCE_SCRIPT_NAME = SITE_PATH or None
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = SITE_PATH or "/"
CORS_ALLOWED_ORIGINS: list[str] = read("CORS_ALLOWED_ORIGINS", comma_separated, [])
CORS_ALLOW_ALL_ORIGINS = read("CORS_ALLOW_ALL", boolean, False)
CORS_ALLOW_HEADERS = [
    *corsheaders.defaults.default_headers,
    "accept-language",
    "idempotency-key",
    "if-none-match",
    "x-request-id",
    "x-api-key",
    "x-client",
]
CORS_EXPOSE_HEADERS = [
    *("content-disposition", "content-language", "etag", "last-modified", "link", "location", "retry-after"),
    *("ratelimit", "ratelimit-policy", "www-authenticate", "x-request-id"),
]
TRUSTED_PROXIES = read("TRUSTED_PROXIES", int_between(0, 10), 0)
# Who may sign up: users.invitations.
# Services that sign people in, and the header of a proxy that has done so: users.providers.
OIDC_PROVIDERS = read("OIDC_PROVIDERS", parse_providers, ())
TRUSTED_HEADER = read("TRUSTED_HEADER", matching(r"[A-Za-z][A-Za-z0-9-]*", "a name of letters, digits and dashes"), "")
TRUSTED_HEADER_PROXIES = read("TRUSTED_HEADER_PROXIES", networks, [])
TRUSTED_HEADER_NEWCOMERS = read("TRUSTED_HEADER_NEWCOMERS", one_of("allowed", "approved", "refused"), "allowed")
REGISTRATION = read("REGISTRATION", one_of("open", "invitation", "closed"), "open")
PROXY_NETWORKS = read("PROXY_NETWORKS", networks, networks(PRIVATE_NETWORKS))

ADMIN_REQUIRE_TOTP = read("ADMIN_REQUIRE_TOTP", boolean, False)
OTP_TOTP_ISSUER = "Habit Tracker"  # shown by authenticator apps

# Numbers and rules of the product.
HABIT_MAX_GAP_DAYS = read("HABIT_MAX_GAP_DAYS", int_between(2, 366), 7)
REQUIRE_TELEGRAM = read("REQUIRE_TELEGRAM", boolean, True)
TELEGRAM_BOT_TOKEN = read("TELEGRAM_BOT_TOKEN", str, "")
TELEGRAM_API_BASE_URL = read("TELEGRAM_API_BASE_URL", url("http", "https"), "https://api.telegram.org")
TELEGRAM_WEBHOOK_SECRET = read(
    "TELEGRAM_WEBHOOK_SECRET", matching(r"[A-Za-z0-9_-]{1,256}", "up to 256 letters, digits, _ and -"), ""
)
TELEGRAM_MESSAGES_PER_SECOND = read("TELEGRAM_MESSAGES_PER_SECOND", int_between(1, 10_000), 29)
TELEGRAM_TIMEOUT = timedelta(seconds=read("TELEGRAM_TIMEOUT", int_between(1, 15), 10))
DELIVERY_USEFUL_FOR = timedelta(minutes=read("DELIVERY_USEFUL_MINUTES", int_between(1, 24 * 60), 120))
DELIVERY_LEASE = timedelta(seconds=60)  # more than three times the largest allowed TELEGRAM_TIMEOUT
DELIVERIES_KEPT_FOR = timedelta(days=read("DELIVERIES_KEPT_DAYS", int_between(1, 3650), 90))
SENDERS = read("SENDERS", int_between(1, 64), 2)
NTFY_SERVER = read("NTFY_SERVER", url("http", "https"), "https://ntfy.sh")
WEBHOOK_ALLOWED_NETWORKS = read("WEBHOOK_ALLOWED_NETWORKS", networks, [])

INSTALLED_APPS = [
    # From the lowest layer up.
    "common",
    "users",
    "habits",
    "tracking",
    "achievements",
    "community",
    "notifications",
    "integrations",
    "web",
    "config.apps.ProjectConfig",
    "config.apps.StaffConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_standardized_errors",
    "drf_yasg",
    "corsheaders",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "django_celery_beat",
]

MIDDLEWARE = [
    "config.health.HealthMiddleware",  # first: accepts any Host, and nothing below can break it
    "common.middleware.ForwardedMiddleware",
    "csp.middleware.CSPMiddleware",
    "common.middleware.NoStoreMiddleware",
    "common.middleware.CompressionMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "config.slashes.SlashMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "integrations.keys.middleware.KeyMiddleware",
    "common.query_parameters.QueryParametersMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "users.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASE = read("DATABASE_URL", database, None) or database(
    database_url_of_parts() or f"sqlite:///{DATA_DIR / 'db.sqlite3'}"
)
DATABASES = {"default": DATABASE | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}}
if DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    Path(DATABASE["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    refuse_network_disk(Path(DATABASE["NAME"]).parent)
    if not DATABASE["NAME"].startswith((":", "file:")):  # in memory
        private_database(Path(DATABASE["NAME"]))
    # IMMEDIATE: a transaction waits for the write lock at its start, and cannot fail to get it half-way.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # Acknowledged writes must survive a power cut: in WAL mode FULL syncs at each commit, NORMAL only at checkpoints.
        # On macOS an ordinary sync reaches only the disk's cache.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        + (" PRAGMA fullfsync=1; PRAGMA checkpoint_fullfsync=1;" if sys.platform == "darwin" else ""),
    }
if REPLICA := read("DATABASE_REPLICA_URL", replica_of(DATABASE), None):
    DATABASES["replica"] = REPLICA
    DATABASE_ROUTERS = ["common.replica.Router"]
REPLICA_MAX_LAG = timedelta(seconds=read("REPLICA_MAX_LAG_SECONDS", int_between(1, 3600), 10))
REDIS_URL = read("REDIS_URL", url("redis", "rediss", "unix", "redis+socket"), "redis://localhost:6379/0")
if not read("REDIS_TLS_VERIFY", boolean, True):
    REDIS_URL = without_verification(REDIS_URL)
# Prefix of our keys and queue, so that several services can share a Redis.
REDIS_PREFIX = read("REDIS_PREFIX", str, "habits")

AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": MIN_PASSWORD_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "users.passwords.NotBlankValidator"},
    {"NAME": "users.passwords.NotOwnAddressValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_RESET_TIMEOUT = timedelta(
    days=400
).total_seconds()  # the maximum; users/tokens.py has the lifetime of each kind of link

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "locale"]

STATIC_URL = f"{SITE_PATH}/static/"
WHITENOISE_STATIC_PREFIX = "/static/"  # what is left of it once SITE_URL's path is removed
WHITENOISE_USE_FINDERS = True  # serve files from the packages that contain them: no collectstatic
# Names of files that have a hash of their content: browsers keep them for good.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/client/assets/.+-[\w-]{8}\.\w+$"

CONTENT_SECURITY_POLICY = {"DIRECTIVES": csp.NOTHING}  # of answers that name none; common/csp.py has those of pages
SECURE_REFERRER_POLICY = "same-origin"
if SITE_URL.startswith("https://"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds())
    SECURE_HSTS_INCLUDE_SUBDOMAINS = False  # they are not ours to decide about

# Without a mail host mails are printed, like Telegram messages without a bot.
EMAIL_HOST = read("EMAIL_HOST", str, "")
EMAIL_PORT = read("EMAIL_PORT", int_between(1, 65535), 587)
EMAIL_HOST_USER = read("EMAIL_HOST_USER", str, "")
EMAIL_HOST_PASSWORD = read("EMAIL_HOST_PASSWORD", str, "")
EMAIL_USE_TLS = read("EMAIL_USE_TLS", boolean, EMAIL_PORT == 587)
EMAIL_USE_SSL = read("EMAIL_USE_SSL", boolean, EMAIL_PORT == 465)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = read("DEFAULT_FROM_EMAIL", str, "Habit Tracker <habits@localhost>")
EMAIL_BACKEND = (
    "notifications.channels.smtp.EmailBackend" if EMAIL_HOST else "django.core.mail.backends.console.EmailBackend"
)

DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_LARGE_BODY_BYTES  # the most that any view takes; common.parsing has the others

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "integrations.keys.authentication.KeyAuthentication",
        "users.authentication.BearerAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["common.rendering.JSONAnswer"],
    "DEFAULT_PARSER_CLASSES": ["common.parsing.JSONBody"],
    "DEFAULT_PAGINATION_CLASS": "common.pagination.PageNumbers",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "NUM_PROXIES": TRUSTED_PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "common.exception_handler.DomainErrorHandler",
    "EXCEPTION_FORMATTER_CLASS": "common.error_format.BoundedErrors",
}

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=30),
    "CHECK_REVOKE_TOKEN": True,  # tokens end with the password, also where an operator sets it
    "LEEWAY": 5,  # seconds: a token may be issued by a server whose clock is ahead by that much
    "UPDATE_LAST_LOGIN": False,
}

# What each limit counts: common/throttling.py, users/attempts.py and common/work_limits.py.
THROTTLE_RATES = {
    "stranger": read("THROTTLE_STRANGER", rate, "60/minute"),
    "account": read("THROTTLE_ACCOUNT", rate, "10/minute;60/hour"),
    "names": read("THROTTLE_NAMES", rate, "20/hour"),
    "mail": read("THROTTLE_MAIL", rate, "5/hour"),
    "chat": read("THROTTLE_CHAT", rate, "5/hour"),
    "secret": read("THROTTLE_SECRET", rate, "20/hour"),
    "code": read("THROTTLE_CODE", rate, "20/minute"),
    "work": read("THROTTLE_WORK", rate, "20/minute"),
    "key": read("THROTTLE_KEY", rate, "300/minute"),
    "webhook": read("THROTTLE_WEBHOOK", rate, "60/hour"),
    "partner": read("THROTTLE_PARTNER", rate, "3000/minute"),
    "upload": read("THROTTLE_UPLOAD", rate, "30/hour"),
    "action": read("THROTTLE_ACTION", rate, "30/minute"),
}

SWAGGER_SETTINGS = {
    "DEFAULT_GENERATOR_CLASS": "common.schema.PathParameters",
    "DEFAULT_AUTO_SCHEMA_CLASS": "common.schema.ExampleSchema",
    "DEFAULT_INFO": "config.docs.API_INFO",
    "SECURITY_DEFINITIONS": {
        "Bearer": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "description": "`Bearer` and a space, then an access token of `token/`, or a key.",
        },
        "Key": {
            "type": "apiKey",
            "name": "X-API-Key",
            "in": "header",
            "description": "A key of `keys/`. It reaches the operations whose description names one of its scopes.",
        },
        "Partner": {
            "type": "apiKey",
            "name": "X-API-Key",
            "in": "header",
            "description": "A partner's key, which staff make. It reaches `partner/` alone.",
        },
    },
    "USE_SESSION_AUTH": False,
    "DEFAULT_MODEL_RENDERING": "example",
    "VALIDATOR_URL": None,  # otherwise Swagger UI sends the schema to a validator on another host
}
SWAGGER_USE_COMPAT_RENDERERS = False

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_EXPIRES = None  # there are no results; a value would add a cleanup entry to beat
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25  # seconds, after SIGQUIT; after SIGTERM tasks end by themselves
# Tasks end within 70 s. A task that hangs gets an exception after 90 s; after 120 s its process is replaced.
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_ANNOTATIONS = {"users.tasks.flush_expired_tokens": {"soft_time_limit": 600, "time_limit": 660}}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False  # keeps messages readable that are printed without a bot or mail server
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A full Redis refuses writes, which is a channel error: wait for free memory instead of ending the worker.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = (
    True  # no task is acknowledged late; without a value Celery logs a warning each time
)
CELERY_TASK_DEFAULT_QUEUE = REDIS_PREFIX
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": f"{REDIS_PREFIX}:celery:",
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Messages only wake tasks, so one that is lost with its worker need not be redelivered.
    "ack_emulation": False,
    # Publish without retries: a request must not wait for the broker.
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_PUBLISH_RETRY = False  # the next tick does the work of a lost message
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "config.beat:Scheduler"

# Monitoring from outside (docs/operations.md).
SUPERVISOR_TOKEN = os.environ.get("SUPERVISOR_TOKEN", "")  # from `make run` to its own children
METRICS_TOKEN = read("METRICS_TOKEN", matching(r"[!-~]+", "ASCII characters without spaces"), "")
HEARTBEAT_URL = read("HEARTBEAT_URL", url("http", "https"), "")

LOG_FORMAT = read("LOG_FORMAT", one_of("text", "json"), "text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "no_token": {"()": "common.logs.SecretFilter", "secret": TELEGRAM_BOT_TOKEN},
        "strangers_mistake": {"()": "common.logs.StrangersMistake"},
    },
    "formatters": {
        "text": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
        "json": {"()": "common.logs.JSONLine", "secret": TELEGRAM_BOT_TOKEN},
    },
    "handlers": {"stream": {"class": "logging.StreamHandler", "filters": ["no_token"], "formatter": LOG_FORMAT}},
    "root": {
        "handlers": ["stream"],
        "level": read("LOG_LEVEL", one_of("debug", "info", "warning", "error", "critical"), "info").upper(),
    },
    # httpx logs URLs, which contain the bot's token; Celery logs two lines per message.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("httpx", "httpcore", "telegram", "celery.app.trace", "celery.worker.strategy")
    }
    | {"apprise": {"level": "CRITICAL"}}  # it logs addresses and texts
    | {"django.security.DisallowedHost": {"filters": ["strangers_mistake"]}}
    # Instead of Django's own handlers (for DEBUG, for runserver), which have no filter.
    | {name: {"handlers": [], "propagate": True, "level": "INFO"} for name in ("django", "django.server")},
}

SENTRY_DSN = read("SENTRY_DSN", url("http", "https"), "")
if SENTRY_DSN:
    from config import sentry

    read("SENTRY_DSN", lambda dsn: sentry.start(dsn, environment="debug" if DEBUG else "production"), None)
