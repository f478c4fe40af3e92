"""The product's numbers, collected from the rules of the features."""

from datetime import timedelta

from django.conf import settings

from achievements.awards import rules as awards
from achievements.awards.services import MAX_PER_HABIT
from achievements.shares.services import MAX_LINKS
from common import limits
from community.challenges.rules import MAX_CHALLENGE_DAYS
from community.groups import rules as groups
from community.membership.rules import MAX_JOINED, MAX_OWNED
from habits import rules as habits
from habits.patterns import MAX_INTERVAL, Frequency, pattern_of
from integrations.keys import rules as keys
from integrations.transfer import rules as files
from notifications.channels import registry
from notifications.channels.apprise import rules as apprise
from notifications.channels.webpush.rules import MAX_SUBSCRIPTIONS
from notifications.connections import rules as connections
from notifications.reminders import rules as reminders
from tracking.goals import rules as goals
from tracking.goals.rules import MAX_GOALS
from tracking.insights import rules as insights
from tracking.logs import rules as logs
from tracking.pauses.services import MAX_PAUSES
from tracking.tags import rules as tags
from tracking.tracks import rules as tracks
from users import rules as users
from users.passkeys.rules import relying_party
from users.timing import MAX_DAY_START_HOUR
from users.weeks import WeekDay


def all_limits() -> dict[str, dict[str, object]]:
    """Return the limits by area, as this installation has them (HABIT_MAX_GAP_DAYS)."""
    community = {
        "owned": MAX_OWNED,
        "joined": MAX_JOINED,
        "name_length": limits.MAX_NAME_LENGTH,
        "description_length": limits.MAX_DESCRIPTION_LENGTH,
    }
    return {
        "account": {
            "registration": settings.REGISTRATION,
            "providers": [{"name": each.name, "title": each.title} for each in settings.OIDC_PROVIDERS],
            "passkeys": relying_party(settings.SITE_URL) is not None,
            "signed_in_by_proxy": bool(settings.TRUSTED_HEADER),
            "username_length": users.MAX_USERNAME_LENGTH,
            "email_length": users.MAX_EMAIL_LENGTH,
            "password_length": _range(users.MIN_PASSWORD_LENGTH, users.MAX_PASSWORD_LENGTH),
            "day_starts_at": _range(0, MAX_DAY_START_HOUR),
            "week_starts_on": [day.value for day in WeekDay],
        },
        "habit": {
            "habits": habits.MAX_HABITS,
            "name_length": limits.MAX_NAME_LENGTH,
            "description_length": limits.MAX_DESCRIPTION_LENGTH,
            "text_length": limits.MAX_NAME_LENGTH,
            "unit_length": habits.MAX_UNIT_LENGTH,
            "daily_amount": _range(str(limits.MIN_AMOUNT), str(limits.MAX_AMOUNT)),
            "amount_decimals": limits.AMOUNT_DECIMALS,
            "duration": _range(habits.MIN_DURATION_SECONDS, habits.MAX_DURATION_SECONDS),
            "interval": _range(1, min(MAX_INTERVAL, settings.HABIT_MAX_GAP_DAYS)),
            "times_per_period": {str(each): _times(each) for each in Frequency},
            "max_gap_days": settings.HABIT_MAX_GAP_DAYS,
            "limit_frequencies": [str(each) for each in Frequency if each in habits.LIMIT_FREQUENCIES],
            "limit_per_period": _range("0.00", str(limits.MAX_AMOUNT)),
            "date": _range(habits.FIRST_DAY.isoformat(), habits.LAST_DAY.isoformat()),
        },
        "track": {
            "followed": habits.MAX_HABITS,
            "colours": list(tracks.COLOURS),
            "icon_emojis": 1,
            "icon_length": tracks.MAX_ICON_LENGTH,
            "tags": tags.MAX_PER_TRACK,
            "ordered": tracks.MAX_ORDERED,
        },
        "tag": {"tags": tags.MAX_TAGS, "name_length": tags.MAX_NAME_LENGTH},
        "log": {
            "amount": _range(str(limits.MIN_AMOUNT), str(limits.MAX_AMOUNT)),
            "counted_amount": _range("0.00", str(limits.MAX_AMOUNT)),
            "amount_decimals": limits.AMOUNT_DECIMALS,
            "note_length": logs.MAX_NOTE_LENGTH,
            "days_at_once": logs.MAX_DAYS_AT_ONCE,
            "key_length": limits.MAX_IDEMPOTENCY_KEY_LENGTH,
            "day": _range(habits.FIRST_DAY.isoformat(), None),
        },
        "pause": {
            "per_track": MAX_PAUSES,
            "for_all_tracks": MAX_PAUSES,
            "date": _range(habits.FIRST_DAY.isoformat(), habits.LAST_DAY.isoformat()),
        },
        "goal": {
            "per_track": MAX_GOALS,
            "days": _range(1, goals.MAX_DAYS),
            "amount": _range(str(limits.MIN_AMOUNT), str(limits.MAX_AMOUNT)),
            "amount_decimals": limits.AMOUNT_DECIMALS,
            "deadline": _range(None, habits.LAST_DAY.isoformat()),
        },
        "progress": {"days": insights.MAX_RANGE_DAYS, "ranges": insights.RANGES},
        "achievement": {
            "per_habit": MAX_PER_HABIT,
            "name_length": awards.MAX_NAME_LENGTH,
            "description_length": awards.MAX_DESCRIPTION_LENGTH,
            "picture_length": awards.MAX_PICTURE_LENGTH,
            "target": _range(1, awards.MAX_TARGET),
            "window_days": _range(1, awards.MAX_WINDOW_DAYS),
        },
        "share": {"links": MAX_LINKS},
        "challenge": {
            **community,
            "days": _range(1, MAX_CHALLENGE_DAYS),
            "starts_within_days": MAX_CHALLENGE_DAYS,
        },
        "group": {**community, "members": groups.MAX_MEMBERS, "habits": groups.MAX_HABITS},
        "reminder": {"per_track": reminders.MAX_PER_TRACK, "text_length": reminders.MAX_TEXT_LENGTH},
        "channel": {
            "names": [name for name, _ in registry.choices()],
            "browsers": MAX_SUBSCRIPTIONS,
            "code_digits": connections.CODE_DIGITS,
            "code_minutes": connections.CODE_LIFETIME // timedelta(minutes=1),
            "ntfy_server": settings.NTFY_SERVER,
            "apprise_schemes": sorted(apprise.MODULES),
        },
        "key": {
            "keys": keys.MAX_KEYS,
            "name_length": keys.MAX_NAME_LENGTH,
            "grace_hours": _range(0, keys.MAX_GRACE // timedelta(hours=1)),
        },
        "import": {
            "bytes": files.MAX_UPLOAD_BYTES,
            "unpacked_bytes": files.MAX_UNPACKED_BYTES,
            "habits": files.MAX_IMPORTED_HABITS,
            "days": files.MAX_IMPORTED_DAYS,
            "kept_hours": files.KEEP_UPLOAD // timedelta(hours=1),
        },
        "export": {"kept_minutes": files.KEEP_EXPORT // timedelta(minutes=1)},
        "page": {"size": limits.PAGE_SIZE, "max_size": limits.MAX_PAGE_SIZE},
    }


def _range(smallest: object, greatest: object) -> dict[str, object]:
    return {"min": smallest, "max": greatest}


def _times(frequency: Frequency) -> dict[str, object]:
    """Return how many times a period a habit can have, given at most HABIT_MAX_GAP_DAYS between two."""
    gap = settings.HABIT_MAX_GAP_DAYS
    pattern = pattern_of(frequency, 1, frozenset())
    return _range(min(pattern.min_times(gap), pattern.max_times), pattern.max_times)
