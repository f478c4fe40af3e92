"""Tables of challenges, groups and leaderboards."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from common.limits import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH
from community.leaderboards.rules import Board
from habits.models import Habit
from tracking.models import HabitTrack
from users.models import User
from users.timing import latest_date_anywhere


class Challenge(models.Model):
    """A habit that several users do between two dates, such as "Meditate every day in May".

    The dates are local days of each member. Results become final after `ends_at`. A challenge continues when its
    creator has deleted their account.
    """

    creator = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="challenges",
        help_text="Empty: the account is deleted.",
    )
    habit = models.ForeignKey(
        Habit,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="challenges",
        help_text="Empty: the habit is deleted.",
    )
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    description = models.TextField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    is_public = models.BooleanField(
        default=False, help_text="Listed, and everyone can join; otherwise only with the invitation code."
    )
    code = models.CharField(max_length=32, help_text="Invitation code: anyone who has it can join.")
    ends_at = models.DateTimeField(help_text="When its last day is over in every time zone.")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    results_at = models.DateTimeField(null=True, blank=True, help_text="When the final results were stored.")
    notified_at = models.DateTimeField(null=True, blank=True, help_text="When the last member was notified of the end.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index("ends_at", name="challenge_unfinished", condition=Q(notified_at=None)),
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
                condition=Q(notified_at=None) | Q(cancelled_at__isnull=False) | Q(results_at__isnull=False),
                name="challenge_notified_when_over",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def has_started(self, now: datetime) -> bool:
        """Return whether the first day has begun anywhere on Earth (UTC+14)."""
        return self.first_day <= latest_date_anywhere(now)

    def state_at(self, now: datetime) -> str:
        """Return "cancelled", "over" (in every time zone), "running" (in at least one) or "upcoming"."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.ends_at <= now:
            return "over"
        return "running" if self.has_started(now) else "upcoming"


class ChallengeMember(models.Model):
    """A member of a challenge with their score, which is recounted after each log until it is final.

    `strength` is that of the track at the end of the member's today or of the challenge's last day, whichever is
    earlier, rounded to six decimals. It fades on days without logs, so it is also recounted at `recount_at`.
    """

    challenge = models.ForeignKey(Challenge, models.CASCADE, db_index=False, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="challenge_memberships")
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="challenge_memberships",
        help_text="Empty: the track is deleted.",
    )
    started_track = models.BooleanField(
        default=False, help_text="The track was started by joining, so leaving may leave it too."
    )
    joined_at = models.DateTimeField()
    completed = models.PositiveIntegerField(default=0, help_text="Completed days within the challenge.")
    strength = models.FloatField(default=0, help_text="From 0 to 1.")
    recount_at = models.DateTimeField(
        null=True, blank=True, help_text="When the member's next day begins, which changes the strength."
    )
    counted_at = models.DateTimeField(
        null=True, blank=True, help_text="Last recount. In the future: made by a clock that ran ahead."
    )
    is_final = models.BooleanField(default=False, help_text="The score is final.")
    rank = models.PositiveIntegerField(null=True, blank=True, help_text="Final rank. Empty: not ranked yet, or banned.")
    is_notified = models.BooleanField(default=False, help_text="The member was notified of the end.")

    class Meta:
        indexes = [
            models.Index("challenge", F("completed").desc(), F("strength").desc(), "id", name="challenge_standings"),
            models.Index("recount_at", name="challenge_to_recount", condition=Q(recount_at__isnull=False)),
            models.Index("counted_at", name="challenge_counted", condition=Q(counted_at__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("challenge", "user", name="challenge_member_once"),
            models.CheckConstraint(condition=Q(rank=None) | Q(is_final=True), name="challenge_rank_is_final"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.challenge}"


class Group(models.Model):
    """Users who do habits together and see each other's progress."""

    name = models.CharField(max_length=MAX_NAME_LENGTH)
    description = models.TextField(max_length=MAX_DESCRIPTION_LENGTH, blank=True)
    is_open = models.BooleanField(
        default=False, help_text="Listed, and everyone can join; otherwise only with the invitation code."
    )
    code = models.CharField(max_length=32, help_text="Invitation code: anyone who has it can join.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index("name", "id", name="group_open", condition=Q(is_open=True))]
        constraints = [models.UniqueConstraint("code", name="group_code_unique")]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A member of a group. A group always has exactly one owner."""

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
    def can_manage(self) -> bool:
        """Return whether the member is the owner or an admin."""
        return self.role in {self.Role.OWNER, self.Role.ADMIN}


class GroupRemoval(models.Model):
    """A user who was removed from a group: they cannot rejoin it as an open group, only by a new invitation."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="removals")
    user = models.ForeignKey(User, models.PROTECT, related_name="group_removals")

    class Meta:
        constraints = [models.UniqueConstraint("group", "user", name="group_removal_once")]

    def __str__(self) -> str:
        return f"{self.user} removed from {self.group}"


class GroupHabit(models.Model):
    """A habit of a group. Members may follow it even if it is not published."""

    group = models.ForeignKey(Group, models.CASCADE, db_index=False, related_name="habits")
    habit = models.ForeignKey(Habit, models.PROTECT, related_name="group_habits")
    added_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("group", "habit", name="group_habit_once")]

    def __str__(self) -> str:
        return f"{self.habit} in {self.group}"


class GroupTrack(models.Model):
    """A member's track of a group habit. The group sees it because the member follows the habit in the group."""

    group_habit = models.ForeignKey(GroupHabit, models.CASCADE, db_index=False, related_name="tracks")
    member = models.ForeignKey(GroupMember, models.CASCADE, related_name="tracks")
    track = models.ForeignKey(HabitTrack, models.PROTECT, related_name="group_tracks")
    started_track = models.BooleanField(
        default=False, help_text="The track was started in the group, so unfollowing may leave it too."
    )
    shown_since = models.DateTimeField(help_text="Earlier logs are not in the feed.")

    class Meta:
        indexes = [models.Index("shown_since", name="group_track_shown")]
        constraints = [models.UniqueConstraint("group_habit", "member", name="group_track_once")]

    def __str__(self) -> str:
        return f"{self.member}: {self.track_id}"


class GroupShare(models.Model):
    """A share link (achievements.shares.services) that a member posted to the feed, shown as long as the link is live."""

    member = models.ForeignKey(GroupMember, models.CASCADE, db_index=False, related_name="shares")
    token = models.CharField(max_length=64, help_text="Token of the link. The post is hidden once the link is revoked.")
    posted_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("posted_at", name="group_share_posted")]
        constraints = [models.UniqueConstraint("member", "token", name="group_share_once")]

    def __str__(self) -> str:
        return f"{self.member}: {self.posted_at}"


class LeaderboardEntry(models.Model):
    """A user's value on one global leaderboard. A value of 0 is stored only if it will rise without a new log.

    It is valid until `valid_until`, when a streak lapses or changes its unit, or a logged day begins that lies in the
    future because the user travelled west. It is not valid while the user has a LeaderboardMark.
    """

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="leaderboard_entries")
    board = models.CharField(max_length=7, choices=[(board.value, board.value) for board in Board])
    key = models.CharField(max_length=10, help_text="Unit of the streak, or first day of the week or month.")
    value = models.PositiveIntegerField()
    valid_until = models.DateTimeField(null=True, blank=True, help_text="Empty: until the next log.")

    class Meta:
        indexes = [
            models.Index("board", "key", F("value").desc(), "user", name="entry_in_order"),
            models.Index("valid_until", name="entry_to_settle", condition=Q(valid_until__isnull=False)),
        ]
        constraints = [
            models.UniqueConstraint("user", "board", "key", name="entry_one_a_board"),
            models.CheckConstraint(
                condition=Q(value__gt=0) | Q(valid_until__isnull=False), name="entry_of_zero_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.board} {self.key}: {self.value}"


class LeaderboardBucket(models.Model):
    """The number of LeaderboardEntry rows of a board with one value. Ranks are sums of these, which is fast."""

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
    """A user's tracks have changed, so their entries are out of date until they are settled."""

    user = models.ForeignKey(User, models.PROTECT, related_name="leaderboard_marks")

    def __str__(self) -> str:
        return str(self.user)


class LeaderboardState(models.Model):
    """A single row with the time of the last settling. If it is in the future, all users are settled again."""

    ONLY = 1

    settled_at = models.DateTimeField()
    recheck_after = models.BigIntegerField(
        null=True, blank=True, help_text="Id of the last user settled again. Empty: nobody has to be settled again."
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="leaderboard_state_is_one_row")]

    def __str__(self) -> str:
        return str(self.settled_at)
