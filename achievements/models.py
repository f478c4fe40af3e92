"""The tables of achievements and of who holds them."""

from django.db import models
from django.db.models import F, Q

from achievements import rules
from habits.models import Habit
from tracking.models import HabitTrack
from users.models import User


class Achievement(models.Model):
    """Something to earn: what it is called, and the rule by which it is awarded (achievements.rules)."""

    habit = models.ForeignKey(
        Habit, models.PROTECT, null=True, blank=True, related_name="achievements", help_text="None: any habit."
    )
    name_en = models.CharField(max_length=100, blank=True)
    name_ru = models.CharField(max_length=100, blank=True)
    description_en = models.CharField(max_length=300, blank=True)
    description_ru = models.CharField(max_length=300, blank=True)
    picture = models.CharField(max_length=16, default="🏆", help_text="An emoji, or another short symbol.")
    kind = models.CharField(max_length=20)
    target = models.PositiveSmallIntegerField(default=1, help_text="How many: periods, days, percent, habits.")
    window_days = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Within so many days.")
    unit = models.CharField(max_length=10, blank=True, help_text="Of a streak: day, week, month, year; empty: any.")
    retired_at = models.DateTimeField(
        null=True, blank=True, help_text="From then on nobody earns it; those who hold it keep it."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name_en="", name_ru=""), name="achievement_has_a_name"),
            models.CheckConstraint(condition=Q(target__range=(1, rules.MOST)), name="achievement_target_in_range"),
            models.CheckConstraint(
                condition=Q(window_days=None) | Q(window_days__gte=F("target"), window_days__lte=rules.LONGEST_WINDOW),
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
        """Its name in a language, or in the one that there is."""
        wanted, other = (self.name_ru, self.name_en) if language == "ru" else (self.name_en, self.name_ru)
        return wanted or other

    def description_in(self, language: str) -> str:
        """Its description in the language of its name."""
        is_russian = self.name_in(language) == self.name_ru if language == "ru" else not self.name_en
        return self.description_ru if is_russian else self.description_en


class UserAchievement(models.Model):
    """An award: that somebody holds an achievement, or held it until the ground for it was taken away.

    Earned again it is the same award, so that nobody hears of it twice.
    """

    user = models.ForeignKey(User, models.PROTECT, db_index=False, related_name="awards")
    achievement = models.ForeignKey(Achievement, models.CASCADE, related_name="awards")
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="awards",
        help_text="That it rests on. None: on several.",
    )
    day = models.DateField(help_text="The local day on which it was earned.")
    awarded_at = models.DateTimeField()
    rests_until = models.DateField(
        null=True,
        blank=True,
        help_text="Days after it change nothing about it. None: it rests on the streak or strength that stands.",
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="None: it is held.")

    class Meta:
        constraints = [models.UniqueConstraint("user", "achievement", name="award_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.achievement}"


class ShareLink(models.Model):
    """A link under which anybody who has it sees one thing of a person's, until it expires or is taken back.

    What it shows is read when it is looked at: it shows nothing while the achievement is not held, or the track is
    left.
    """

    class Kind(models.TextChoices):
        ACHIEVEMENT = "achievement"
        STREAK = "streak"
        YEAR = "year"

    user = models.ForeignKey(User, models.PROTECT, related_name="share_links")
    token = models.CharField(max_length=64, help_text="Whoever has it may look.")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    achievement = models.ForeignKey(
        Achievement, models.CASCADE, null=True, blank=True, related_name="share_links", help_text="One held."
    )
    track = models.ForeignKey(
        HabitTrack,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="share_links",
        help_text="Whose streak or year it is.",
    )
    expires_at = models.DateTimeField(null=True, blank=True, help_text="None: until it is taken back.")
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
