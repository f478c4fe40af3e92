"""Migrations keep the data of an older version, on PostgreSQL and SQLite."""

from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
import time_machine
from django.apps.registry import Apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from notifications.models import Delivery, Reminder
from tests import make, migrated
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.streaks.services import find_differences, recount_outdated_tracks
from users import services as user_services
from users import tokens
from users.models import Address, Session, User

# The last migration of each app before the outbox columns of version 0005 of notifications.
BEFORE_OUTBOX = [
    ("users", "0004_inactive_people"),
    ("habits", "0001_initial"),
    ("notifications", "0004_hot_tables"),
    ("tracking", "0003_edits_for_followers"),
    ("community", "0004_group_removals"),
]
# The last migrations before channels became a registry with address rows.
BEFORE_CHANNELS = [
    ("users", "0005_plainer_help_texts"),
    ("habits", "0002_clearer_help_texts"),
    ("notifications", "0008_plain_names"),
    ("tracking", "0005_clearer_help_texts"),
]
# The last migrations before refresh tokens became sessions, bans had a column of their own, and accounts had lookup keys.
BEFORE_SESSIONS = [
    ("users", "0007_no_chat_columns"),
    ("notifications", "0010_channels"),
]
# The last migrations before a pause had a reason, and a track a derived beginning.
BEFORE_OWN_TRACKS = [
    ("users", "0011_bans_and_access"),
    ("habits", "0002_clearer_help_texts"),
    ("tracking", "0005_clearer_help_texts"),
]
# What simplejwt's token_blacklist made, on both engines.
TOKEN_TABLES = [
    "CREATE TABLE token_blacklist_outstandingtoken (id bigint PRIMARY KEY, user_id bigint NULL REFERENCES users_user (id),"
    " jti varchar(255) NOT NULL UNIQUE, token text NOT NULL, created_at {time} NULL, expires_at {time} NOT NULL)",
    "CREATE TABLE token_blacklist_blacklistedtoken (id bigint PRIMARY KEY, blacklisted_at {time} NOT NULL,"
    " token_id bigint NOT NULL UNIQUE REFERENCES token_blacklist_outstandingtoken (id))",
]
# Email and username.
SHARING_ACCOUNTS = [
    ("alice@exam\u00adple.org", "ａlice"),  # older, but not spelled as the key
    ("alice@example.org", "alice"),
    ("alice@ｅxample.org", ".."),
    ("bob@stra\u00dfe.example", "Боб"),
    ("x" * 241 + "@example.org", "x"),
    ("a@" + ".".join(["İ" * 40] * 4) + ".org", "long"),  # its key would be too long
]

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def upgraded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[SimpleNamespace]:
    """A database with the data of older versions, migrated step by step to the current one; the ids of what was made.

    One journey for all tests, since it takes seconds.
    """
    made = SimpleNamespace()
    with django_db_blocker.unblock(), migrated.empty_database():
        executor = MigrationExecutor(connection)
        for before, fill in (
            (BEFORE_OUTBOX, fill_outbox),
            (BEFORE_CHANNELS, fill_chats),
            (BEFORE_SESSIONS, fill_users),
            (BEFORE_OWN_TRACKS, fill_tracks),
        ):
            executor.loader.build_graph()
            executor.migrate(before)
            fill(executor.loader.project_state(before).apps, made)
        call_command("migrate", verbosity=0)
        ContentType.objects.clear_cache()
        yield made
        ContentType.objects.clear_cache()


def create(old_apps: Apps, model: str, **fields: Any) -> Any:
    """Create a row of the older version, whose columns may no longer exist."""
    return old_apps.get_model(model)._default_manager.create(**fields)


def fill_outbox(old_apps: Apps, made: SimpleNamespace) -> None:
    """Make a message, a reminder and a track."""
    user = create(old_apps, "users.User", email="outbox@example.org", username="outbox", is_active=True)
    habit = create(old_apps, "habits.Habit", name="Run", owner=user, created_on="2026-11-01")
    create(old_apps, "habits.HabitSchedule", habit=habit, frequency="daily")
    track = create(
        old_apps, "tracking.HabitTrack", user=user, habit=habit, started_on="2026-11-01", streak=3, longest_streak=5
    )
    create(old_apps, "notifications.Reminder", track=track, next_at=make.utc("2026-11-27 07:30"), next_day="2026-11-27")
    times = dict.fromkeys(("due_at", "available_at"), make.utc("2026-11-26 07:30"))
    delivery = create(
        old_apps, "notifications.Delivery", key="1:2026-11-26:07:30", kind="reminder", channel="telegram", user=user,
        track=track, expires_at=make.utc("2026-11-26 09:30"), attempts=2, uncertain=True, **times,
    )  # fmt: skip
    made.track, made.delivery = track.pk, delivery.pk


def test_messages_reminders_and_tracks_survive_the_upgrade(upgraded: SimpleNamespace) -> None:
    kept: Any = Delivery.objects.get(pk=upgraded.delivery)
    assert (kept.key, kept.state, kept.attempts, kept.uncertain) == ("1:2026-11-26:07:30", "pending", 2, True)
    assert kept.token == "", "its buttons were sent without a token"
    assert (kept.waits_for, kept.uncertain_tries, kept.expired_leases, kept.postponed_at) == ("", 0, 0, None)
    planned = Reminder.objects.get(track=upgraded.track)
    assert (planned.next_at, planned.planned_at, planned.retry_at) == (make.utc("2026-11-27 07:30"), None, None)
    track = HabitTrack.objects.get(pk=upgraded.track)
    assert (track.streak, track.longest_streaks) == (3, {"day": 5})


CONNECTED, MOVED = make.utc("2026-11-01 08:00"), make.utc("2026-11-02 08:00")


def fill_chats(old_apps: Apps, made: SimpleNamespace) -> None:
    """Make messages whose keys say what they are about, and users with and without a chat."""
    user = create(old_apps, "users.User", email="keys@example.org", username="keys", is_active=True)
    times = dict.fromkeys(("due_at", "available_at", "expires_at"), make.utc("2026-11-26 07:30"))
    made.about = [
        create(old_apps, "notifications.Delivery", key=key, kind=kind, channel="telegram", user=user, **times).pk
        for key, kind in [
            ("goal:17", "goal_reached"),
            ("award:18", "achievement"),
            (f"challenge:19:{user.pk}", "challenge_ended"),
            (f"challenge:20:{user.pk}:5", "challenge_cancelled"),
            ("2:2026-11-26:07:30", "reminder"),
        ]
    ]
    owner = create(
        old_apps, "users.User", email="a@chats.example", username="a", is_active=True, confirmed_at=CONNECTED,
        chat_id=1001, chat_confirmed=True, chat_connected_at=CONNECTED,
    )  # fmt: skip
    create(old_apps, "users.User", email="b@chats.example", username="b", chat_id=1002, chat_unreachable_since=MOVED)
    create(old_apps, "users.User", email="c@chats.example", username="c", chat_connected_at=MOVED)
    create(old_apps, "users.User", email="d@chats.example", username="d")
    habit = create(old_apps, "habits.Habit", name="Run", owner=owner, created_on="2026-11-01")
    create(old_apps, "habits.HabitSchedule", habit=habit, frequency="daily")
    track = create(old_apps, "tracking.HabitTrack", user=owner, habit=habit, started_on="2026-11-01")
    moment = make.utc("2026-11-26 07:30")
    tapped = create(
        old_apps, "notifications.Delivery", key="3:2026-11-26:07:30", token="", kind="reminder", channel="telegram",
        user=owner, track=track, day="2026-11-26", state="sent", sent_at=moment, due_at=moment, available_at=moment, expires_at=moment,
        chat_id=1001,
    )  # fmt: skip
    made.tapped_track, made.tapped = track.pk, tapped.pk


def test_what_a_message_is_about_moves_from_its_key_to_a_column(upgraded: SimpleNamespace) -> None:
    about = Delivery.objects.filter(pk__in=upgraded.about).order_by("pk")
    assert list(about.values_list("subject_id", flat=True)) == [17, 18, 19, 20, None]


def test_chats_become_addresses_and_buttons_of_old_messages_work(
    upgraded: SimpleNamespace, telegram: FakeTelegram
) -> None:
    rows = Address.objects.filter(user__email__endswith="@chats.example").order_by("user__username")
    assert list(
        rows.values_list("user__username", "channel", "address", "confirmed", "connected_at", "unreachable_since")
    ) == [
        ("a", "telegram", "1001", True, CONNECTED, None),
        ("b", "telegram", "1002", False, None, MOVED),
        ("c", "telegram", None, False, MOVED, None),
    ]
    assert Delivery.objects.get(pk=upgraded.tapped).sent_to == "1001"
    with time_machine.travel("2026-11-26 08:00Z", tick=False):
        telegram.send_text(1001, "hello")
        poll(telegram)
        message_id = telegram.messages(1001)[-1].message_id
        Delivery.objects.filter(pk=upgraded.tapped).update(message_id=message_id)
        telegram.tap(1001, message_id, f"done:{upgraded.tapped}", stale=True)
        poll(telegram)
    assert HabitLog.objects.get(track=upgraded.tapped_track).status == "completed"


def fill_users(old_apps: Apps, made: SimpleNamespace) -> None:
    """Make users with refresh tokens, banned and unconfirmed ones, and accounts with similar names."""
    fill_refresh_tokens(old_apps, made)
    fill_bans(old_apps)
    row = create(old_apps, "users.User", email="link@example.org", username="link", is_active=True, password="!")
    joined = make.utc("2026-11-01 08:00")
    old_apps.get_model("users", "User")._default_manager.filter(pk=row.pk).update(
        date_joined=joined, confirmed_at=joined
    )
    made.sharing = [
        create(
            old_apps, "users.User", email=email, username=username, password=make_password(email[:100]), is_active=True
        ).pk
        for email, username in SHARING_ACCOUNTS
    ]
    if connection.vendor == "sqlite":  # PostgreSQL never had such accounts
        for number, username in enumerate(("алиса", "Алиса")):
            create(old_apps, "users.User", email=f"{number}@example.org", username=username)


def fill_refresh_tokens(old_apps: Apps, made: SimpleNamespace) -> None:
    """Make the tables of a library that the service no longer uses, with tokens in use and not."""
    made.now = now = timezone.now()
    user = create(old_apps, "users.User", email="tokens@example.org", username="tokens", is_active=True, password="!")
    made.user, made.tokens = user.pk, [RefreshToken.for_user(user) for _ in range(4)]
    fresh, older, used, nobodys = made.tokens
    with connection.cursor() as cursor:
        for statement in TOKEN_TABLES:
            cursor.execute(statement.format(time="datetime" if connection.vendor == "sqlite" else "timestamptz"))
        for number, token in enumerate((fresh, older, used, nobodys), start=1):
            user_id = None if token is nobodys else user.pk
            created_at = None if token is older else now
            expires_at = now + timedelta(days=30)
            cursor.execute(
                "INSERT INTO token_blacklist_outstandingtoken VALUES (%s, %s, %s, %s, %s, %s)",
                [number, user_id, token["jti"], str(token), created_at, expires_at],
            )
        cursor.execute("INSERT INTO token_blacklist_blacklistedtoken VALUES (1, %s, 3)", [now])
    MigrationRecorder(connection).record_applied("token_blacklist", "0001_initial")
    types = old_apps.get_model("contenttypes", "ContentType").objects
    content_type = types.create(app_label="token_blacklist", model="outstandingtoken")
    stale = create(old_apps, "auth.Permission", codename="view", name="view", content_type=content_type)
    user.user_permissions.add(stale)


def test_refresh_tokens_become_sessions_and_their_tables_are_gone(upgraded: SimpleNamespace) -> None:
    fresh, older, used, nobodys = upgraded.tokens
    carried = Session.objects.order_by("pk")
    assert [(each.user_id, each.token_id, each.carried_token_id) for each in carried] == [
        (upgraded.user, token["jti"], token["jti"]) for token in (fresh, older)
    ]
    expires_at = upgraded.now + timedelta(days=30)
    assert [(each.expires_at, each.ended_at) for each in carried] == [(expires_at, None)] * 2
    assert not [name for name in connection.introspection.table_names() if name.startswith("token_blacklist")]
    assert not MigrationRecorder(connection).migration_qs.filter(app="token_blacklist").exists()
    assert not Permission.objects.filter(content_type__app_label="token_blacklist").exists()

    client = APIClient()
    for token, status in ((fresh, 200), (older, 200), (used, 401), (nobodys, 401)):
        assert client.post("/api/token/refresh/", {"refresh": str(token)}).status_code == status
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {fresh.access_token}")
    assert client.get("/api/users/me/").status_code == 200, "access tokens count until they expire"


def fill_bans(old_apps: Apps) -> None:
    """Make accounts that were inactive for different reasons, each with an address."""
    for name, is_active, confirmed_at in (
        ("signed-in", True, MOVED),
        ("banned", False, MOVED),
        ("unconfirmed", False, None),
        ("activated by staff", True, None),
    ):
        user = create(
            old_apps, "users.User", email=f"{name[:3]}@bans.example", username=name,
            is_active=is_active, confirmed_at=confirmed_at,
        )  # fmt: skip
        old_apps.get_model("users", "User")._default_manager.filter(pk=user.pk).update(date_joined=CONNECTED)
        create(old_apps, "users.Address", user=user, channel="telegram", address=str(user.pk), connected_at=MOVED)


def test_banned_accounts_are_told_from_unconfirmed_ones(upgraded: SimpleNamespace) -> None:
    rows = User.objects.filter(email__endswith="@bans.example").prefetch_related("addresses")
    users = {user.username: user for user in rows}
    assert {name: (user.is_active, user.banned_at is not None, user.confirmed_at) for name, user in users.items()} == {
        "signed-in": (True, False, MOVED),
        "banned": (False, True, MOVED),
        "unconfirmed": (False, False, None),
        "activated by staff": (True, False, CONNECTED),
    }
    assert {user.access_ended_at for user in users.values()} == {None}
    assert {user.telegram.name for user in users.values()} == {""}


def test_links_that_were_mailed_before_the_upgrade_work(upgraded: SimpleNamespace) -> None:
    """Their signatures cover what they did: the state of the account, without what came with this version."""
    user = User.objects.get(username="link")
    for link, state in (
        (tokens.password_reset, (user.email, user.password)),
        (tokens.confirmation, (user.email, user.confirmed_at, user.password)),
    ):
        assert link.state(user) == state


def test_accounts_that_now_share_an_address_all_stay_and_sign_in_by_their_own_spelling(
    upgraded: SimpleNamespace, client: Client, stranger: APIClient
) -> None:
    accounts, sharing = SHARING_ACCOUNTS, User.objects.filter(pk__in=upgraded.sharing).order_by("pk")
    shown = list(sharing.values_list("email", "username"))
    assert shown == [(email, username.replace("..", f"user-{sharing[2].pk}")) for email, username in accounts]
    assert [user.shares_a_key for user in sharing] == [True, False, True, False, False, True]
    for email, _ in accounts:
        for spelling in (email, f" {email}"):
            assert stranger.post("/api/token/", {"email": spelling, "password": email[:100]}).status_code == 200
    for typed in ("ALICE@example.org", "alice@exAmple.org"):
        assert stranger.post("/api/token/", {"email": typed, "password": "alice@example.org"}).status_code == 200
        taken = stranger.post("/api/register/", {"email": typed, "password": make.PASSWORD})
        assert make.refused(taken) == [("email_taken", "email")]

    first = sharing[0]
    user_services.edit_profile(user=first, language="ru", now=make.utc("2026-11-26 08:00"))
    assert User.objects.get(pk=first.pk).email_key == first.email_key, "saving keeps it"
    client.force_login(User.objects.create_superuser("staff@example.org", make.PASSWORD))
    listed = client.get("/admin/users/user/", {"shares_a_key": "yes"}).content.decode()
    assert [email in listed for email, _ in accounts[:4]] == [True, False, True, False]


@pytest.mark.engine("sqlite", reason="PostgreSQL never had such accounts")
def test_usernames_that_differed_by_the_case_of_cyrillic_letters_stay(upgraded: SimpleNamespace) -> None:
    for username in ("алиса", "Алиса"):
        user = User.objects.by_username(username)
        assert user is not None and user.username == username


# A pause of a left or a followed track, or of all (None), its days, and the reason that it has afterwards.
OLD_PAUSES: list[tuple[str | None, str, str | None, str]] = [
    ("left", "2026-11-02", "2026-11-05", "manual"),
    ("left", "2026-11-10", None, "manual"),
    ("left", "2026-12-24", "2026-12-31", "manual"),
    ("left", "2026-11-20", None, "left"),
    ("followed", "2026-11-20", None, "manual"),
    (None, "2026-11-20", None, "manual"),
]


def fill_tracks(old_apps: Apps, made: SimpleNamespace) -> None:
    """Make tracks with pauses, and one with a schedule, a log, a checkpoint and streaks of the old definitions."""
    user = create(old_apps, "users.User", email="tracks@example.org", username="tracks", is_active=True)
    tracks: dict[str | None, Any] = {None: None}
    for name, left in (("left", True), ("followed", False)):
        habit = create(old_apps, "habits.Habit", name=name, owner=None, created_on="2026-11-01")
        create(old_apps, "habits.HabitSchedule", habit=habit, frequency="daily")
        tracks[name] = create(
            old_apps, "tracking.HabitTrack", user=user, habit=habit, started_on="2026-11-01",
            left_at=make.utc("2026-11-20 12:00") if left else None,
        )  # fmt: skip
    made.pauses = [
        create(old_apps, "tracking.Pause", user=user, track=tracks[of], first_day=first, last_day=last).pk
        for of, first, last, _reason in OLD_PAUSES
    ]
    made.followed, made.walker = tracks["followed"].pk, user.pk
    create(old_apps, "tracking.AmountAdded", track=tracks["followed"], key="a", day="2026-11-20", amount=1)

    habit = create(old_apps, "habits.Habit", name="Run", owner=user, created_on="2026-11-10")
    weekly = {"habit": habit, "frequency": "weekly"}
    create(old_apps, "habits.HabitSchedule", **weekly, weekdays=127, times_per_period=7)
    create(old_apps, "habits.HabitSchedule", **weekly, starts_on="2026-11-12", times_per_period=1)
    with time_machine.travel(make.utc("2026-11-10 12:00"), tick=False):
        track = create(
            old_apps, "tracking.HabitTrack", user=user, habit=habit, started_on="2020-01-01", streak=4, streak_unit="week",
            unit_changes_at=make.utc("2027-01-01 00:00"), next_units=[["2027-01-01", "day"]], **{"longest_streak": 9},
        )  # fmt: skip
    create(old_apps, "tracking.HabitLog", track=track, day="2026-11-09", status="completed", amount=1, source="api")
    old_checkpoint = {"current": 3, "longest": 9, "unit": "week", "strength": 1}
    create(old_apps, "tracking.StreakCheckpoint", track=track, day="2026-11-01", **old_checkpoint)
    made.runner = track.pk


def test_the_pause_that_leaving_has_made_is_told_from_the_users_own(upgraded: SimpleNamespace) -> None:
    pauses = Pause.objects.in_bulk(upgraded.pauses)
    assert [pauses[pk].reason for pk in upgraded.pauses] == [each[-1] for each in OLD_PAUSES]
    kept = HabitTrack.objects.get(pk=upgraded.followed)
    assert (kept.colour, kept.icon, kept.position, kept.archived_at) == ("", "", None, None)
    assert kept.additions.get().status_before is None


def test_tracks_are_counted_again_by_the_new_definitions_in_silence(upgraded: SimpleNamespace) -> None:
    track = HabitTrack.objects.get(pk=upgraded.runner)
    assert (track.is_outdated, track.streak, track.longest_streaks) == (True, 4, {"week": 9})
    first, second = track.habit.schedules.order_by("pk")
    assert (first.weekdays, first.derives_times, second.derives_times) == (0, False, True)
    messages, now = Delivery.objects.count(), make.utc("2026-11-26 12:00")
    while recount_outdated_tracks(now=now):
        pass
    track.refresh_from_db()
    assert (str(track.started_on), str(track.first_log_on), str(track.windows_from)) == (
        "2026-11-10",
        "2026-11-09",
        "2026-11-10",
    )
    assert (track.is_outdated, track.streak, track.longest_streaks) == (False, 0, {})
    assert not HabitTrack.objects.filter(is_outdated=True).exists()
    assert Delivery.objects.count() == messages
    assert list(find_differences(now=now, repair=False)) == []
