"""Add where a track begins, the longest streak of each unit, and the mark of tracks that are to be counted again."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0003_limits_and_derived_times'),
        ('tracking', '0005_clearer_help_texts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='habitlog',
            name='log_amount_goes_with_doing',
        ),
        migrations.RemoveConstraint(
            model_name='habittrack',
            name='track_longest_streak_is_longest',
        ),
        migrations.AddField(
            model_name='habittrack',
            name='first_log_on',
            field=models.DateField(blank=True, help_text='The day of the first log.', null=True),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='is_outdated',
            field=models.BooleanField(default=False, help_text="Counted by an earlier release's definitions; the worker counts it again."),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='longest_streaks',
            field=models.JSONField(blank=True, default=dict, help_text='The longest streak by its unit.'),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='windows_from',
            field=models.DateField(blank=True, help_text="Where windows of n days start: the habit's start or creation day as it was at the first log. Empty: there is no log.", null=True),
        ),
        migrations.AddField(
            model_name='streakcheckpoint',
            name='longest_streaks',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='habitlog',
            name='status',
            field=models.CharField(choices=[('completed', 'completed'), ('partial', 'partial'), ('skipped', 'skipped'), ('missed', 'missed'), ('counted', 'counted')], max_length=9),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='recount_at',
            field=models.DateTimeField(blank=True, help_text='When time alone changes the streaks next: a future-dated log (left by westward travel) is due, a new unit begins, or a period of a limit habit is over.', null=True),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='started_on',
            field=models.DateField(help_text='The local day on which it was started. It begins on the day of its first log if that is earlier.'),
        ),
        migrations.AddIndex(
            model_name='habittrack',
            index=models.Index(models.F('id'), condition=models.Q(('is_outdated', True)), name='track_outdated'),
        ),
        migrations.AddConstraint(
            model_name='habitlog',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gt', 0), ('amount__isnull', False), ('status__in', ['completed', 'partial'])), models.Q(('amount__gte', 0), ('amount__isnull', False), ('status', 'counted')), models.Q(('amount', None), ('status__in', ['skipped', 'missed'])), _connector='OR'), name='log_amount_goes_with_doing'),
        ),
    ]
