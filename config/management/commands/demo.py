"""`manage.py demo`: create a demo user with three months of history, a staff user and a partner; later runs print the logins."""

import random
import secrets
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand
from django.db import transaction

from common import clock
from habits.models import Habit
from habits.recurrence import Frequency
from habits.services import create_habit
from integrations.keys.queries import keys_of
from integrations.keys.rules import hash_of, prefix_of
from integrations.keys.services import create_for_partner
from integrations.models import Partner
from integrations.partners import services as partners
from integrations.partners.rules import OF_KEYS
from tracking.logs.services import DayEntry, set_days
from tracking.models import HabitTrack
from users import tokens
from users.models import TELEGRAM, Address, User
from users.services import confirm, edit_profile, register

DEMO, STAFF = "demo@example.org", "staff@example.org"
DEMO_CHAT = 1
DEMO_PARTNER = "Demo service"
DAYS = 92
OTHERS = {"early-bird": 21, "slow-and-steady": 9, "fresh-start": 4}  # usernames and their streaks
# The streaks of habits that the README names; those of the others depend on the day of the first start.
STREAKS = {"Drink water": 12}
# The probability that a target day is completed, by weekday (Monday first); lower at weekends.
DONE_PROBABILITY = (0.95, 0.95, 0.9, 0.92, 0.85, 0.7, 0.75)


class Command(BaseCommand):
    help = (
        "Creates a demo account with three months of history, a staff account and a partner, and prints their logins."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        password = load_or_create_password(settings.DATA_DIR / "demo_password")
        if not User.objects.filter(email=DEMO).exists():
            make_demo(password)
        if not User.objects.filter(email=STAFF).exists():
            User.objects.create_superuser(STAFF, password)
        self.stdout.write(f"Demo login:  {DEMO}  password: {password}")
        self.stdout.write(f"Staff login: {STAFF}  password: {password}  (admin)")
        self.stdout.write(f"Partner key: {partner_key(settings.DATA_DIR / 'demo_partner_key')}")


def load_or_create_password(path: Path) -> str:
    """Return the demo password of this machine; create a random one on first use."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9))
    return path.read_text().strip()


@transaction.atomic
def partner_key(path: Path) -> str:
    """Return the key of the demo partner, which is made where it does not exist. The key is kept in a file for its owner."""
    now = clock.now()
    partner = Partner.objects.filter(name=DEMO_PARTNER).first() or partners.create(name=DEMO_PARTNER, now=now)
    known = path.read_text().strip() if path.exists() else ""
    if known and keys_of(partner).filter(prefix=prefix_of(known), secret_hash=hash_of(known)).exists():
        return known
    made = create_for_partner(partner=partner, name="Demo", scopes=OF_KEYS, now=now)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(made.text)
    return made.text


@transaction.atomic
def make_demo(password: str) -> User:
    """Create the demo user with habits of each kind and three months of logs, and the other users; return the user."""
    now = clock.now()
    user = register(email=DEMO, password=password, username="demo", time_zone=machine_zone(), now=now)
    user = confirm(token=tokens.confirmation.make(user), password=password, now=now)
    if not settings.TELEGRAM_BOT_TOKEN:
        # Not by the service, which sends a mail about it.
        Address.objects.create(user=user, channel=TELEGRAM, address=str(DEMO_CHAT), connected_at=now)
    for habit, unit_step in demo_habits(user):
        track = HabitTrack.objects.get(habit=habit, user=user)
        set_days(user=user, track_id=track.pk, days=history(user, habit, unit_step), source="import", now=now)
    make_others(of=user)
    return edit_profile(user=user, now=now, is_ranked=True)


def make_others(*, of: User) -> None:
    """Create more users for the leaderboards, each with a streak; nobody can sign in as them."""
    now = clock.now()
    today = of.clock.day_of(now)
    for username, streak in OTHERS.items():
        user = User.objects.create(
            email=f"{username}.demo@example.org",
            username=User.objects.free_username(username),
            password=make_password(None),
            time_zone=of.time_zone,
            is_active=True,
            confirmed_at=now,
        )
        habit = create_habit(
            owner=user,
            schedule={"frequency": Frequency.DAILY},
            name="Walk",
            action="walk around the block",
            now=now,
            needs_telegram=False,
        )
        track = HabitTrack.objects.get(habit=habit, user=user)
        done = [DayEntry(day=today - timedelta(days=back), status="completed") for back in range(1, streak + 1)]
        set_days(user=user, track_id=track.pk, days=done, source="import", now=now)
        edit_profile(user=user, now=now, is_ranked=True)


def demo_habits(user: User) -> list[tuple[Habit, Decimal | None]]:
    """Create the demo user's habits; return each with the step of its amounts (None: no amounts)."""
    now = clock.now()
    soon = (now + timedelta(minutes=2)).astimezone(user.tzinfo).time().replace(second=0, microsecond=0)

    def make(frequency: Frequency, *, schedule: dict[str, Any] | None = None, **fields: Any) -> Habit:
        return create_habit(
            owner=user, schedule={"frequency": frequency, **(schedule or {})}, now=now, needs_telegram=False, **fields
        )

    bath = make(Frequency.WEEKLY, name="A hot bath", action="take a hot bath", is_pleasant=True)
    return [
        (make(Frequency.DAILY, name="Drink water", action="drink a glass of water", time=soon, place="the kitchen",
              schedule={"daily_amount": Decimal(8), "unit": "glasses"}), Decimal(2)),
        (make(Frequency.DAILY, name="Push-ups", action="do ten push-ups", time=time(7, 30), place="the living room",
              reward="a good coffee", duration=60, is_published=True), None),
        (make(Frequency.DAILY, name="Read", action="read two pages", time=time(22, 0), place="bed",
              schedule={"weekdays": frozenset(range(5))}, duration=120), None),
        (make(Frequency.WEEKLY, name="Run", action="put on running shoes", time=time(18, 0), linked_habit=bath.pk,
              schedule={"times_per_period": 3}, is_published=True), None),
        (make(Frequency.DAILY, name="Water the plants", action="water the plants", time=time(9, 0),
              schedule={"interval": 3}), None),
        (make(Frequency.DAILY, name="Coffee", action="drink coffee", time=time(15, 0), goal_type="at_most",
              schedule={"limit_per_period": Decimal(2), "unit": "cups"}), None),
    ]  # fmt: skip


def history(user: User, habit: Habit, step: Decimal | None) -> list[DayEntry]:
    """Return entries for the days up to yesterday: mostly completed, sometimes partial, skipped or missed.

    A limit habit is counted, mostly within its limit. A streak that is named by STREAKS begins after a missed day.
    """
    rng = random.Random(habit.name)
    today = user.clock.day_of(clock.now())
    amount = habit.versions[0].schedule.daily_amount
    streak = STREAKS.get(habit.name)
    entries = []
    for back in range(DAYS, 0, -1):
        day = today - timedelta(days=back)
        if not is_target_day(habit, day, today):
            continue
        if streak is not None and back <= streak + 1:
            entries.append(DayEntry(day=day, status="completed" if back <= streak else "missed"))
        elif habit.is_limit:
            entries.append(DayEntry(day=day, amount=Decimal(rng.choice([0, 1, 1, 1, 2, 2, 2, 2, 2, 3]))))
        elif rng.random() < DONE_PROBABILITY[day.weekday()] + 0.1 * (1 - back / DAYS):
            entries.append(DayEntry(day=day, status="completed"))
        elif step and rng.random() < 0.7:
            entries.append(DayEntry(day=day, amount=step * rng.randint(1, int(amount / step) - 1)))
        else:
            entries.append(DayEntry(day=day, status=rng.choice(["skipped", "missed"])))
    return entries


def is_target_day(habit: Habit, day: date, today: date) -> bool:
    """Return whether the demo user would do the habit on the day."""
    schedule = habit.versions[0].schedule
    if schedule.interval > 1:
        return (today - day).days % schedule.interval == 0
    if schedule.frequency is Frequency.WEEKLY:
        return day.weekday() in {0, 2, 5}
    return schedule.pattern.includes_weekday(day.weekday())


def machine_zone() -> str:
    """Return this machine's time zone, or UTC if it cannot be read."""
    name = str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return name if name in available_timezones() else "UTC"
