"""Tables of achievements, awards and share links."""

from django.db import models
from django.db.models import F, Q

from achievements.awards import rules
from habits.models import Habit
from tracking.models import HabitTrack
from users.models import User


class Achievement(models.Model):
    """Something that users can earn: its texts in two languages, and the rule by which it is earned."""

    habit = models.ForeignKey(
        Habit, models.PROTECT, null=True, blank=True, related_name="achievements", help_text="Empty: any habit."
    )
    name_en = models.CharField(max_length=rules.MAX_NAME_LENGTH, blank=True)
    name_ru = models.CharField(max_length=rules.MAX_NAME_LENGTH, blank=True)
    description_en = models.CharField(max_length=rules.MAX_DESCRIPTION_LENGTH, blank=True)
    description_ru = models.CharField(max_length=rules.MAX_DESCRIPTION_LENGTH, blank=True)
    picture = models.CharField(
        max_length=rules.MAX_PICTURE_LENGTH, default="🏆", help_text="An emoji, or another short symbol."
    )
    kind = models.CharField(max_length=20)
    target = models.PositiveSmallIntegerField(
        default=1, help_text="How many periods, days, percent or habits are needed."
    )
    window_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Length of the window in days, for days_in_window only."
    )
    unit = models.CharField(
        max_length=10, blank=True, help_text="Unit of the streak: day, week, month or year; empty: any."
    )
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="Nobody can earn it from then on; users who hold it keep it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name_en="", name_ru=""), name="achievement_has_a_name"),
            models.CheckConstraint(
                condition=Q(target__range=(1, rules.MAX_TARGET)), name="achievement_target_in_range"
            ),
            models.CheckConstraint(
                condition=Q(window_days=None) | Q(window_days__gte=F("target"), window_days__lte=rules.MAX_WINDOW_DAYS),
                name="achievement_window_has_room",
            ),
            models.CheckConstraint(
                condition=~Q(kind=rules.DAYS_IN_WINDOW) | Q(window_days__isnull=False),
                name="achievement_window_is_given",
            ),
            models.CheckConstraint(
                condition=~Q(kind=rules.STRENGTH) | Q(target__lte=100), name="achievement_strength_is_percent"
            ),
            models.CheckConstraint(
                condition=~Q(kind=rules.HABITS_IN_A_DAY) | Q(habit=None), name="achievement_of_many_habits_has_none"
            ),
        ]

    def __str__(self) -> str:
        return self.name_in("en")

    @property
    def rule(self) -> rules.Rule:
        return rules.Rule(kind=self.kind, target=self.target, window_days=self.window_days, unit=self.unit)

    def name_in(self, language: str) -> str:
        """Return the name in the language, or in the other one if that name is empty."""
        wanted, other = (self.name_ru, self.name_en) if language == "ru" else (self.name_en, self.name_ru)
        return wanted or other

    def description_in(self, language: str) -> str:
        """Return the description in the language that name_in() returns."""
        is_russian = self.name_in(language) == self.name_ru if language == "ru" else not self.name_en
        return self.description_ru if is_russian else self.description_en


class UserAchievement(models.Model):
    """An award: the user holds the achievement, or held it until it was revoked.

    An achievement that is earned again keeps its row, so that the user is notified once.
    """

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="awards")
    achievement = models.ForeignKey(Achievement, models.CASCADE, related_name="awards")
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="awards",
        help_text="Track that earned it. Empty: several tracks did, or it is deleted.",
    )
    day = models.DateField(help_text="Local day of the user on which it was earned.")
    awarded_at = models.DateTimeField()
    evidence_until = models.DateField(
        null=True,
        blank=True,
        help_text="Logs of later days cannot revoke it. Empty: it depends on the stored streak or strength.",
    )
    revoked_at = models.DateTimeField(null=True, blank=True, help_text="Empty: the user holds it.")

    class Meta:
        constraints = [models.UniqueConstraint("user", "achievement", name="award_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.achievement}"


class ShareLink(models.Model):
    """A public link to one achievement, streak or year of a user, until it expires or is revoked.

    Its content is read at each visit. It shows nothing while the user does not hold the achievement or has left the
    track.
    """

    class Kind(models.TextChoices):
        ACHIEVEMENT = "achievement"
        STREAK = "streak"
        YEAR = "year"

    user = models.ForeignKey(User, models.PROTECT, related_name="share_links")
    token = models.CharField(max_length=64, help_text="Secret part of the link: anyone who has it can see the page.")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    achievement = models.ForeignKey(
        Achievement,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="share_links",
        help_text="For links to an achievement.",
    )
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="share_links",
        help_text="For links to a streak or a year.",
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until it is revoked.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("token", name="share_token_unique"),
            models.CheckConstraint(
                condition=Q(kind="achievement", achievement__isnull=False, track=None)
                | Q(kind__in=["streak", "year"], achievement=None, track__isnull=False),
                name="share_names_what_it_shows",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"
