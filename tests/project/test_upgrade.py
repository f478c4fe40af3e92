"""Migrations keep the data of an older version, on PostgreSQL and SQLite."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps.registry import Apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import RefreshToken

from habits.models import HabitSchedule
from notifications.models import Delivery, Reminder
from tests import make
from tests.fake_telegram import FakeTelegram
from tests.telegram import poll
from tracking.models import HabitLog, HabitTrack, Pause
from tracking.streaks.services import find_differences, recount_outdated_tracks
from users import services as user_services
from users import tokens
from users.models import Address, Session, User

# The last migration of each app before the outbox columns of version 0005 of notifications.
BEFORE = [
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


# The last migrations before refresh tokens became sessions.
BEFORE_SESSIONS = [
    ("users", "0007_no_chat_columns"),
    ("notifications", "0010_channels"),
]
# What simplejwt's token_blacklist made, on both engines.
TOKEN_TABLES = [
    "CREATE TABLE token_blacklist_outstandingtoken (id bigint PRIMARY KEY, user_id bigint NULL REFERENCES users_user (id),"
    " jti varchar(255) NOT NULL UNIQUE, token text NOT NULL, created_at {time} NULL, expires_at {time} NOT NULL)",
    "CREATE TABLE token_blacklist_blacklistedtoken (id bigint PRIMARY KEY, blacklisted_at {time} NOT NULL,"
    " token_id bigint NOT NULL UNIQUE REFERENCES token_blacklist_outstandingtoken (id))",
]


# The last migrations before bans had a column of their own.
BEFORE_BANS = [
    ("users", "0007_no_chat_columns"),
    ("notifications", "0010_channels"),
]


# The last migrations before a pause had a reason.
BEFORE_OWN_TRACKS = [
    ("users", "0011_bans_and_access"),
    ("habits", "0002_clearer_help_texts"),
    ("tracking", "0005_clearer_help_texts"),
]


BEFORE_LOOKUP_KEYS = [("users", "0007_no_chat_columns")]


@pytest.fixture
def old_apps(transactional_db: None, request: pytest.FixtureRequest) -> Iterator[Apps]:
    """The models of the older version (default: BEFORE); afterwards the database is migrated to the current one."""
    before = getattr(request, "param", BEFORE)
    executor = MigrationExecutor(connection)
    executor.migrate(before)
    yield executor.loader.project_state(before).apps
    call_command("migrate", verbosity=0)


def create(old_apps: Apps, model: str, **fields: Any) -> Any:
    """Create a row of the older version, whose columns may no longer exist."""
    return old_apps.get_model(model)._default_manager.create(**fields)


def test_messages_reminders_and_tracks_survive_the_upgrade(old_apps: Apps) -> None:
    user = old_apps.get_model("users", "User").objects.create(email="a@example.org", username="a", is_active=True)
    habit = old_apps.get_model("habits", "Habit").objects.create(name="Run", owner=user, created_on="2026-11-01")
    track = old_apps.get_model("tracking", "HabitTrack").objects.create(
        user=user, habit=habit, started_on="2026-11-01", streak=3, **{"longest_streak": 5}
    )
    old_apps.get_model("notifications", "Reminder").objects.create(
        track=track, next_at=make.utc("2026-11-27 07:30"), next_day="2026-11-27"
    )
    times = dict.fromkeys(("due_at", "available_at"), make.utc("2026-11-26 07:30"))
    old_apps.get_model("notifications", "Delivery").objects.create(
        key="1:2026-11-26:07:30", kind="reminder", channel="telegram", user=user, track=track,
        expires_at=make.utc("2026-11-26 09:30"), attempts=2, uncertain=True, **times,
    )  # fmt: skip
    call_command("migrate", verbosity=0)

    kept: Any = Delivery.objects.get()
    assert (kept.key, kept.state, kept.attempts, kept.uncertain) == ("1:2026-11-26:07:30", "pending", 2, True)
    assert kept.token == "", "its buttons were sent without a token"
    assert (kept.waits_for, kept.uncertain_tries, kept.expired_leases, kept.postponed_at) == ("", 0, 0, None)
    planned = Reminder.objects.get()
    assert (planned.next_at, planned.planned_at, planned.retry_at) == (make.utc("2026-11-27 07:30"), None, None)
    assert (HabitTrack.objects.get().streak, HabitTrack.objects.get().longest_streaks) == (3, {"day": 5})


@pytest.mark.parametrize("old_apps", [BEFORE_CHANNELS], indirect=True)
def test_what_a_message_is_about_moves_from_its_key_to_a_column(old_apps: Apps) -> None:
    user = old_apps.get_model("users", "User").objects.create(email="a@example.org", username="a", is_active=True)
    times = dict.fromkeys(("due_at", "available_at", "expires_at"), make.utc("2026-11-26 07:30"))
    for key, kind in [
        ("goal:17", "goal_reached"),
        ("award:18", "achievement"),
        (f"challenge:19:{user.pk}", "challenge_ended"),
        (f"challenge:20:{user.pk}:5", "challenge_cancelled"),
        ("1:2026-11-26:07:30", "reminder"),
    ]:
        old_apps.get_model("notifications", "Delivery").objects.create(
            key=key, kind=kind, channel="telegram", user=user, **times
        )
    call_command("migrate", verbosity=0)
    assert list(Delivery.objects.order_by("pk").values_list("subject_id", flat=True)) == [17, 18, 19, 20, None]


@pytest.mark.parametrize("old_apps", [BEFORE_CHANNELS], indirect=True)
def test_chats_become_addresses_and_buttons_of_old_messages_work(old_apps: Apps, telegram: FakeTelegram) -> None:
    connected, moved = make.utc("2026-11-01 08:00"), make.utc("2026-11-02 08:00")
    owner = create(
        old_apps, "users.User", email="a@example.org", username="a", is_active=True, confirmed_at=connected,
        chat_id=1001, chat_confirmed=True, chat_connected_at=connected,
    )  # fmt: skip
    create(old_apps, "users.User", email="b@example.org", username="b", chat_id=1002, chat_unreachable_since=moved)
    create(old_apps, "users.User", email="c@example.org", username="c", chat_connected_at=moved)
    create(old_apps, "users.User", email="d@example.org", username="d")
    habit = create(old_apps, "habits.Habit", name="Run", owner=owner, created_on="2026-11-01")
    create(old_apps, "habits.HabitSchedule", habit=habit, frequency="daily")
    track = create(old_apps, "tracking.HabitTrack", user=owner, habit=habit, started_on="2026-11-01")
    moment = make.utc("2026-11-26 07:30")
    delivery = create(
        old_apps, "notifications.Delivery", key="1:2026-11-26:07:30", token="", kind="reminder", channel="telegram",
        user=owner, track=track, day="2026-11-26", state="sent", sent_at=moment, due_at=moment, available_at=moment, expires_at=moment,
        chat_id=1001,
    )  # fmt: skip
    call_command("migrate", verbosity=0)

    rows = Address.objects.order_by("user__username")
    assert list(
        rows.values_list("user__username", "channel", "address", "confirmed", "connected_at", "unreachable_since")
    ) == [
        ("a", "telegram", "1001", True, connected, None),
        ("b", "telegram", "1002", False, None, moved),
        ("c", "telegram", None, False, moved, None),
    ]
    assert Delivery.objects.get().sent_to == "1001"
    with time_machine.travel("2026-11-26 08:00Z", tick=False):
        telegram.send_text(1001, "hello")
        poll(telegram)
        message_id = telegram.messages(1001)[-1].message_id
        Delivery.objects.update(message_id=message_id)
        telegram.tap(1001, message_id, f"done:{delivery.pk}", stale=True)
        poll(telegram)
    assert HabitLog.objects.get(track=track.pk).status == "completed"


@pytest.mark.parametrize("old_apps", [BEFORE_SESSIONS], indirect=True)
def test_refresh_tokens_become_sessions_and_their_tables_are_gone(old_apps: Apps) -> None:
    now = timezone.now()
    user = create(old_apps, "users.User", email="a@example.org", username="a", is_active=True, password="!hash")
    fresh, older, used, nobodys = (RefreshToken.for_user(user) for _ in range(4))
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
    call_command("migrate", verbosity=0)

    carried = Session.objects.order_by("pk")
    assert [(each.user_id, each.token_id, each.carried_token_id) for each in carried] == [
        (user.pk, token["jti"], token["jti"]) for token in (fresh, older)
    ]
    assert [(each.expires_at, each.ended_at) for each in carried] == [(now + timedelta(days=30), None)] * 2
    assert not [name for name in connection.introspection.table_names() if name.startswith("token_blacklist")]
    assert not MigrationRecorder(connection).migration_qs.filter(app="token_blacklist").exists()
    assert not Permission.objects.filter(content_type__app_label="token_blacklist").exists()

    client = APIClient()
    for token, status in ((fresh, 200), (older, 200), (used, 401), (nobodys, 401)):
        assert client.post("/api/token/refresh/", {"refresh": str(token)}).status_code == status
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {fresh.access_token}")
    assert client.get("/api/users/me/").status_code == 200, "access tokens count until they expire"


@pytest.mark.parametrize("old_apps", [BEFORE_BANS], indirect=True)
def test_banned_accounts_are_told_from_unconfirmed_ones(old_apps: Apps) -> None:
    joined, confirmed = make.utc("2026-11-01 08:00"), make.utc("2026-11-02 08:00")
    for name, is_active, confirmed_at in (
        ("signed-in", True, confirmed),
        ("banned", False, confirmed),
        ("unconfirmed", False, None),
        ("activated by staff", True, None),
    ):
        user = create(
            old_apps, "users.User", email=f"{name[:3]}@example.org", username=name,
            is_active=is_active, confirmed_at=confirmed_at,
        )  # fmt: skip
        old_apps.get_model("users", "User")._default_manager.filter(pk=user.pk).update(date_joined=joined)
        create(old_apps, "users.Address", user=user, channel="telegram", address=str(user.pk), connected_at=confirmed)
    call_command("migrate", verbosity=0)

    users = {user.username: user for user in User.objects.prefetch_related("addresses")}
    assert {name: (user.is_active, user.banned_at is not None, user.confirmed_at) for name, user in users.items()} == {
        "signed-in": (True, False, confirmed),
        "banned": (False, True, confirmed),
        "unconfirmed": (False, False, None),
        "activated by staff": (True, False, joined),
    }
    assert {user.access_ended_at for user in users.values()} == {None}
    assert {user.telegram.name for user in users.values()} == {""}


@pytest.mark.parametrize("old_apps", [BEFORE_BANS], indirect=True)
def test_links_that_were_mailed_before_the_upgrade_work(old_apps: Apps) -> None:
    """Their signatures cover what they did: the state of the account, without what came with this version."""
    joined = make.utc("2026-11-01 08:00")
    row = create(old_apps, "users.User", email="a@example.org", username="a", is_active=True, password="!")
    old_apps.get_model("users", "User")._default_manager.filter(pk=row.pk).update(
        date_joined=joined, confirmed_at=joined
    )
    call_command("migrate", verbosity=0)
    user = User.objects.get()
    for link, state in (
        (tokens.password_reset, (user.email, user.password)),
        (tokens.confirmation, (user.email, user.confirmed_at, user.password)),
    ):
        assert link.state(user) == state


@pytest.mark.parametrize("old_apps", [BEFORE_LOOKUP_KEYS], indirect=True)
def test_accounts_that_now_share_an_address_all_stay_and_sign_in_by_their_own_spelling(
    old_apps: Apps, client: Client, stranger: APIClient
) -> None:
    accounts = [
        ("alice@exam\u00adple.org", "ａlice"),  # older, but not spelled as the key
        ("alice@example.org", "alice"),
        ("alice@ｅxample.org", ".."),
        ("bob@stra\u00dfe.example", "Боб"),
        ("x" * 241 + "@example.org", "x"),
        ("a@" + ".".join(["İ" * 40] * 4) + ".org", "long"),  # its key would be too long
    ]
    for email, username in accounts:
        create(
            old_apps, "users.User", email=email, username=username, password=make_password(email[:100]), is_active=True
        )
    call_command("migrate", verbosity=0)

    shown = list(User.objects.order_by("pk").values_list("email", "username"))
    assert shown == [
        (email, username.replace("..", f"user-{User.objects.all()[2].pk}")) for email, username in accounts
    ]
    assert [user.shares_a_key for user in User.objects.order_by("pk")] == [True, False, True, False, False, True]
    for email, _ in accounts:
        for spelling in (email, f" {email}"):
            assert stranger.post("/api/token/", {"email": spelling, "password": email[:100]}).status_code == 200
    for typed in ("ALICE@example.org", "alice@exAmple.org"):
        assert stranger.post("/api/token/", {"email": typed, "password": "alice@example.org"}).status_code == 200
        taken = stranger.post("/api/register/", {"email": typed, "password": make.PASSWORD})
        assert make.refused(taken) == [("email_taken", "email")]

    first = User.objects.order_by("pk")[0]
    user_services.edit_profile(user=first, language="ru", now=make.utc("2026-11-26 08:00"))
    assert User.objects.get(pk=first.pk).email_key == first.email_key, "saving keeps it"
    client.force_login(User.objects.create_superuser("staff@example.org", make.PASSWORD))
    listed = client.get("/admin/users/user/", {"shares_a_key": "yes"}).content.decode()
    assert [email in listed for email, _ in accounts[:4]] == [True, False, True, False]


@pytest.mark.engine("sqlite", reason="PostgreSQL never had such accounts")
@pytest.mark.parametrize("old_apps", [BEFORE_LOOKUP_KEYS], indirect=True)
def test_usernames_that_differed_by_the_case_of_cyrillic_letters_stay(old_apps: Apps) -> None:
    for number, username in enumerate(("алиса", "Алиса")):
        create(old_apps, "users.User", email=f"{number}@example.org", username=username)
    call_command("migrate", verbosity=0)
    for username in ("алиса", "Алиса"):
        user = User.objects.by_username(username)
        assert user is not None and user.username == username


@pytest.mark.parametrize("old_apps", [BEFORE_OWN_TRACKS], indirect=True)
def test_the_pause_that_leaving_has_made_is_told_from_the_users_own(old_apps: Apps) -> None:
    user = old_apps.get_model("users", "User").objects.create(email="a@example.org", username="a", is_active=True)
    made: dict[str, Any] = {}
    for name, left in (("left", True), ("followed", False)):
        habit = create(old_apps, "habits.Habit", name=name, owner=None, created_on="2026-11-01")
        made[name] = create(
            old_apps, "tracking.HabitTrack", user=user, habit=habit, started_on="2026-11-01",
            left_at=make.utc("2026-11-20 12:00") if left else None,
        )  # fmt: skip
    pauses: list[tuple[str | None, str, str | None, str]] = [
        ("left", "2026-11-02", "2026-11-05", "manual"),
        ("left", "2026-11-10", None, "manual"),
        ("left", "2026-12-24", "2026-12-31", "manual"),
        ("left", "2026-11-20", None, "left"),
        ("followed", "2026-11-20", None, "manual"),
        (None, "2026-11-20", None, "manual"),
    ]
    for of, first, last, _reason in pauses:
        track = made[of] if of else None
        create(old_apps, "tracking.Pause", user=user, track=track, first_day=first, last_day=last)
    create(old_apps, "tracking.AmountAdded", track=made["followed"], key="a", day="2026-11-20", amount=1)
    call_command("migrate", verbosity=0)

    assert list(Pause.objects.order_by("pk").values_list("reason", flat=True)) == [each[-1] for each in pauses]
    kept = HabitTrack.objects.get(pk=made["followed"].pk)
    assert (kept.colour, kept.icon, kept.position, kept.archived_at) == ("", "", None, None)
    assert kept.additions.get().status_before is None
    # What the old version writes while both run.
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_pause (user_id, track_id, first_day) VALUES (%s, %s, '2026-11-21')",
            [user.pk, kept.pk],
        )
    assert Pause.objects.latest("pk").reason == "manual"


@pytest.mark.parametrize("old_apps", [BEFORE_OWN_TRACKS], indirect=True)
def test_tracks_are_counted_again_by_the_new_definitions_in_silence(old_apps: Apps) -> None:
    user = old_apps.get_model("users", "User").objects.create(email="a@example.org", username="a", is_active=True)
    habit = create(old_apps, "habits.Habit", name="Run", owner=user, created_on="2026-11-10")
    create(old_apps, "habits.HabitSchedule", habit=habit, frequency="weekly", weekdays=127, times_per_period=7)
    create(
        old_apps, "habits.HabitSchedule", habit=habit, starts_on="2026-11-12", frequency="weekly", times_per_period=1
    )
    with time_machine.travel(make.utc("2026-11-10 12:00"), tick=False):
        track = create(
            old_apps, "tracking.HabitTrack", user=user, habit=habit, started_on="2020-01-01", streak=4, longest_streak=9,
            streak_unit="week", unit_changes_at=make.utc("2027-01-01 00:00"), next_units=[["2027-01-01", "day"]],
        )  # fmt: skip
    create(old_apps, "tracking.HabitLog", track=track, day="2026-11-09", status="completed", amount=1, source="api")
    create(
        old_apps,
        "tracking.StreakCheckpoint",
        track=track,
        day="2026-11-01",
        current=3,
        longest=9,
        unit="week",
        strength=1,
    )
    call_command("migrate", verbosity=0)

    upgraded = HabitTrack.objects.get()
    assert (upgraded.is_outdated, upgraded.streak, upgraded.longest_streaks) == (True, 4, {"week": 9})
    first, second = HabitSchedule.objects.order_by("pk")
    assert (first.weekdays, first.derives_times, second.derives_times) == (0, False, True)
    now = make.utc("2026-11-26 12:00")
    assert recount_outdated_tracks(now=now) == 1
    assert recount_outdated_tracks(now=now) == 0
    upgraded.refresh_from_db()
    assert (str(upgraded.started_on), str(upgraded.first_log_on), str(upgraded.windows_from)) == (
        "2026-11-10",
        "2026-11-09",
        "2026-11-10",
    )
    assert (upgraded.is_outdated, upgraded.streak, upgraded.longest_streaks) == (False, 0, {})
    assert not Delivery.objects.exists()
    assert list(find_differences(now=now, repair=False)) == []
