"""Rename columns, indexes and a constraint to plainer words."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("community", "0006_feed_ahead"),
        ("habits", "0001_initial"),
        ("tracking", "0004_counted_at"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # What names a renamed column in its condition is removed first and added again under the new name.
        migrations.RemoveIndex("challenge", "challenge_to_look_after"),
        migrations.RemoveConstraint("challenge", "challenge_told_when_over"),
        migrations.RemoveIndex("challengemember", "challenge_to_carry_on"),
        migrations.RemoveIndex("leaderboardentry", "entry_to_settle"),
        migrations.RemoveConstraint("leaderboardentry", "entry_of_zero_has_an_end"),
        migrations.RenameField("challenge", "told_at", "notified_at"),
        migrations.RenameField("challengemember", "carry_at", "recount_at"),
        migrations.RenameField("challengemember", "is_told", "is_notified"),
        migrations.RenameField("leaderboardentry", "holds_until", "valid_until"),
        migrations.AddIndex(
            "challenge",
            models.Index(models.F("ends_at"), condition=models.Q(("notified_at", None)), name="challenge_unfinished"),
        ),
        migrations.AddConstraint(
            "challenge",
            models.CheckConstraint(condition=models.Q(("notified_at", None), ("cancelled_at__isnull", False), ("results_at__isnull", False), _connector="OR"), name="challenge_notified_when_over"),
        ),
        migrations.AddIndex(
            "challengemember",
            models.Index(models.F("recount_at"), condition=models.Q(("recount_at__isnull", False)), name="challenge_to_recount"),
        ),
        migrations.AddIndex(
            "leaderboardentry",
            models.Index(models.F("valid_until"), condition=models.Q(("valid_until__isnull", False)), name="entry_to_settle"),
        ),
        migrations.AddConstraint(
            "leaderboardentry",
            models.CheckConstraint(condition=models.Q(("value__gt", 0), ("valid_until__isnull", False), _connector="OR"), name="entry_of_zero_has_an_end"),
        ),
        # Help texts only: no change of the tables.
        migrations.AlterField("challenge", "creator", models.ForeignKey(blank=True, help_text="Empty: the account is deleted.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="challenges", to=settings.AUTH_USER_MODEL)),
        migrations.AlterField("challenge", "habit", models.ForeignKey(blank=True, help_text="Empty: the habit is deleted.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="challenges", to="habits.habit")),
        migrations.AlterField("challenge", "is_public", models.BooleanField(default=False, help_text="Listed, and everyone can join; otherwise only with the invitation code.")),
        migrations.AlterField("challenge", "code", models.CharField(help_text="Invitation code: anyone who has it can join.", max_length=32)),
        migrations.AlterField("challenge", "ends_at", models.DateTimeField(help_text="When its last day is over in every time zone.")),
        migrations.AlterField("challenge", "results_at", models.DateTimeField(blank=True, help_text="When the final results were stored.", null=True)),
        migrations.AlterField("challenge", "notified_at", models.DateTimeField(blank=True, help_text="When the last member was notified of the end.", null=True)),
        migrations.AlterField("challengemember", "track", models.ForeignKey(blank=True, help_text="Empty: the track is deleted.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="challenge_memberships", to="tracking.habittrack")),
        migrations.AlterField("challengemember", "started_track", models.BooleanField(default=False, help_text="The track was started by joining, so leaving may leave it too.")),
        migrations.AlterField("challengemember", "recount_at", models.DateTimeField(blank=True, help_text="When the member's next day begins, which changes the strength.", null=True)),
        migrations.AlterField("challengemember", "counted_at", models.DateTimeField(blank=True, help_text="Last recount. In the future: made by a clock that ran ahead.", null=True)),
        migrations.AlterField("challengemember", "is_final", models.BooleanField(default=False, help_text="The score is final.")),
        migrations.AlterField("challengemember", "rank", models.PositiveIntegerField(blank=True, help_text="Final rank. Empty: not ranked yet, or banned.", null=True)),
        migrations.AlterField("challengemember", "is_notified", models.BooleanField(default=False, help_text="The member was notified of the end.")),
        migrations.AlterField("group", "is_open", models.BooleanField(default=False, help_text="Listed, and everyone can join; otherwise only with the invitation code.")),
        migrations.AlterField("group", "code", models.CharField(help_text="Invitation code: anyone who has it can join.", max_length=32)),
        migrations.AlterField("grouptrack", "started_track", models.BooleanField(default=False, help_text="The track was started in the group, so unfollowing may leave it too.")),
        migrations.AlterField("grouptrack", "shown_since", models.DateTimeField(help_text="Earlier logs are not in the feed.")),
        migrations.AlterField("groupshare", "token", models.CharField(help_text="Token of the link. The post is hidden once the link is revoked.", max_length=64)),
        migrations.AlterField("leaderboardentry", "key", models.CharField(help_text="Unit of the streak, or first day of the week or month.", max_length=10)),
        migrations.AlterField("leaderboardentry", "valid_until", models.DateTimeField(blank=True, help_text="Empty: until the next log.", null=True)),
        migrations.AlterField("leaderboardstate", "recheck_after", models.BigIntegerField(blank=True, help_text="Id of the last user settled again. Empty: nobody has to be settled again.", null=True)),
    ]
