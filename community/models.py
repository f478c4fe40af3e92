"""The tables of what people do together: challenges and groups, their members, what members show each other."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from community.leaderboard_rules import Board
from habits.models import Habit
from tracking.models import HabitTrack
from users.models import User
from users.timing import latest_date_anywhere


class Challenge(models.Model):
    """A habit to be done by many from a day to a day: "Meditate every day in May". The days are each member's own.

    Its results are fixed once `ends_at` has come; whoever made it may be gone by then.
    """

    creator = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="challenges", help_text="None: they are gone."
    )
    habit = models.ForeignKey(
        Habit, models.PROTECT, null=True, blank=True, related_name="challenges", help_text="None: it is gone."
    )
    name = models.CharField(max_length=200)
    description = models.TextField(max_length=2000, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    is_public = models.BooleanField(default=False, help_text="Listed for everyone; else by its code alone.")
    code = models.CharField(max_length=32, help_text="Whoever has it may join.")
    ends_at = models.DateTimeField(help_text="When its last day is over for everybody on Earth.")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    results_at = models.DateTimeField(null=True, blank=True, help_text="When its results were fixed.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When all members had been told of its end.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index("ends_at", name="challenge_to_look_after", condition=Q(told_at=None)),
            models.Index("results_at", name="challenge_results", condition=Q(results_at__isnull=False)),
            models.Index("first_day", "id", name="challenge_public", condition=Q(is_public=True)),
        ]
        constraints = [
            models.UniqueConstraint("code", name="challenge_code_unique"),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="challenge_days_in_order"),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | Q(results_at=None), name="challenge_cancelled_has_no_results"
            ),
            models.CheckConstraint(
                condition=Q(habit__isnull=False) | Q(cancelled_at__isnull=False) | Q(results_at__isnull=False),
                name="challenge_runs_on_a_habit",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None) | Q(cancelled_at__isnull=False) | Q(results_at__isnull=False),
                name="challenge_told_when_over",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def has_started(self, now: datetime) -> bool:
        """Whether its first day has begun for anybody (UTC+14)."""
        return self.first_day <= latest_date_anywhere(now)

    def state_at(self, now: datetime) -> str:
        """cancelled, over (for everybody), running (for anybody) or upcoming."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.ends_at <= now:
            return "over"
        return "running" if self.has_started(now) else "upcoming"


class ChallengeMember(models.Model):
    """Somebody in a challenge, and how they stand: kept in line with their logs until it is final.

    `strength` is the track's at the end of their today, of the challenge's last day at most, to six places;
    as days go by with nothing logged it fades, and is carried on from `carry_at`.
    """

    challenge = models.ForeignKey(Challenge, models.CASCADE, db_index=False, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="challenge_memberships")
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="challenge_memberships",
        help_text="None: it is gone.",
    )
    started_track = models.BooleanField(default=False, help_text="Whether it was joining that started the track.")
    joined_at = models.DateTimeField()
    completed = models.PositiveIntegerField(default=0, help_text="Completed days within the challenge.")
    strength = models.FloatField(default=0, help_text="From 0 to 1.")
    carry_at = models.DateTimeField(null=True, blank=True, help_text="When their next day changes the strength.")
    counted_at = models.DateTimeField(null=True, blank=True, help_text="Later than now: by a clock that ran ahead.")
    is_final = models.BooleanField(default=False, help_text="Counted for the last time.")
    rank = models.PositiveIntegerField(null=True, blank=True, help_text="As fixed at the end.")
    is_told = models.BooleanField(default=False, help_text="Whether they were told of the end.")

    class Meta:
        indexes = [
            models.Index("challenge", F("completed").desc(), F("strength").desc(), "id", name="challenge_standings"),
            models.Index("carry_at", name="challenge_to_carry_on", condition=Q(carry_at__isnull=False)),
            models.Index("counted_at", name="challenge_counted", condition=Q(counted_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("challenge", "user", name="challenge_member_once"),
            models.CheckConstraint(condition=Q(rank=None) | Q(is_final=True), name="challenge_rank_is_final"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.challenge}"


class Group(models.Model):
    """People who keep habits together, and see each other do so."""

    name = models.CharField(max_length=200)
    description = models.TextField(max_length=2000, blank=True)
    is_open = models.BooleanField(default=False, help_text="Listed, and anybody may join; else by its code alone.")
    code = models.CharField(max_length=32, help_text="Whoever has it may join.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index("name", "id", name="group_open", condition=Q(is_open=True))]
        constraints = [models.UniqueConstraint("code", name="group_code_unique")]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """Somebody in a group; there is always one owner."""

    class Role(models.TextChoices):
        OWNER = "owner"
        ADMIN = "admin"
        MEMBER = "member"

    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="group_memberships")
    role = models.CharField(max_length=6, choices=Role.choices, default=Role.MEMBER)
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("group", "user", name="group_member_once"),
            models.UniqueConstraint("group", condition=Q(role="owner"), name="group_one_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"

    @property
    def leads(self) -> bool:
        """Whether they are its owner or an admin."""
        return self.role in {self.Role.OWNER, self.Role.ADMIN}


class GroupRemoval(models.Model):
    """That somebody was removed from a group: its being open lets them in no more, an invitation does."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="removals")
    user = models.ForeignKey(User, models.PROTECT, related_name="group_removals")

    class Meta:
        constraints = [models.UniqueConstraint("group", "user", name="group_removal_once")]

    def __str__(self) -> str:
        return f"{self.user} out of {self.group}"


class GroupHabit(models.Model):
    """A habit that the group keeps; membership gives the right to follow it."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="habits")
    habit = models.ForeignKey(Habit, models.PROTECT, related_name="group_habits")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("group", "habit", name="group_habit_once")]

    def __str__(self) -> str:
        return f"{self.habit} in {self.group}"


class GroupTrack(models.Model):
    """A member's track of a group habit, which the group sees: following it in the group is what shows it."""

    group_habit = models.ForeignKey(GroupHabit, models.CASCADE, db_index=False, related_name="tracks")
    member = models.ForeignKey(GroupMember, models.CASCADE, related_name="tracks")
    track = models.ForeignKey(HabitTrack, models.PROTECT, related_name="group_tracks")
    started_track = models.BooleanField(default=False, help_text="Whether it was the group that started the track.")
    shown_since = models.DateTimeField(help_text="What was logged before is not in the feed.")

    class Meta:
        indexes = [models.Index("shown_since", name="group_track_shown")]
        constraints = [models.UniqueConstraint("group_habit", "member", name="group_track_once")]

    def __str__(self) -> str:
        return f"{self.member}: {self.track_id}"


class GroupShare(models.Model):
    """A share link (achievements.sharing) that a member posted into the feed; shown for as long as the link is live."""

    member = models.ForeignKey(GroupMember, models.CASCADE, db_index=False, related_name="shares")
    token = models.CharField(max_length=64, help_text="The link's; one that was taken back is shown no more.")
    posted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("posted_at", name="group_share_posted")]
        constraints = [models.UniqueConstraint("member", "token", name="group_share_once")]

    def __str__(self) -> str:
        return f"{self.member}: {self.posted_at}"


class LeaderboardEntry(models.Model):
    """A ranked person's figure on one board of everyone; one for 0 only where more comes by itself.

    It holds until `holds_until`: then a streak lapses or changes its unit, or a logged day comes that travel has
    moved into the future. Also not while the person has a LeaderboardMark.
    """

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="leaderboard_entries")
    board = models.CharField(max_length=7, choices=[(board.value, board.value) for board in Board])
    key = models.CharField(max_length=10, help_text="The streak's unit, or the first day of the week or month.")
    value = models.PositiveIntegerField()
    holds_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index("board", "key", F("value").desc(), "user", name="entry_in_order"),
            models.Index("holds_until", name="entry_to_settle", condition=Q(holds_until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("user", "board", "key", name="entry_one_a_board"),
            models.CheckConstraint(
                condition=Q(value__gt=0) | Q(holds_until__isnull=False), name="entry_of_zero_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.board} {self.key}: {self.value}"


class LeaderboardBucket(models.Model):
    """How many LeaderboardEntry rows of a board have a value: a rank is a sum of these, not a count of people."""

    board = models.CharField(max_length=7, choices=[(board.value, board.value) for board in Board])
    key = models.CharField(max_length=10)
    value = models.PositiveIntegerField()
    people = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("board", "key", "value", name="bucket_one_a_value"),
            models.CheckConstraint(condition=Q(people__gt=0, value__gt=0), name="bucket_of_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.board} {self.key} {self.value}: {self.people}"


class LeaderboardMark(models.Model):
    """A ranked person's tracks have changed: their entries do not hold until they are settled."""

    user = models.ForeignKey(User, models.PROTECT, related_name="leaderboard_marks")

    def __str__(self) -> str:
        return str(self.user)


class LeaderboardState(models.Model):
    """When leaderboards were settled last, one row. Later than now: by a clock that ran ahead; all are settled again."""

    ONLY = 1

    settled_at = models.DateTimeField()
    recheck_after = models.BigIntegerField(
        null=True, blank=True, help_text="The last person who was settled again. None: nobody has to be."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="leaderboard_state_is_one_row")]

    def __str__(self) -> str:
        return str(self.settled_at)
