"""Add limit habits, moved end dates, and whether times_per_period was left to follow the frequency and the weekdays."""

from math import ceil

from django.conf import settings
from django.db import migrations, models

MAX_DAYS = {"daily": 1, "weekly": 7, "monthly": 31, "yearly": 366}
MAX_TIMES = {"daily": 1, "weekly": 7, "monthly": 28, "yearly": 365}
EVERY_DAY = 127


def default_times(frequency, weekdays):
    """Return the times_per_period that a schedule has if none is given."""
    times = ceil(MAX_DAYS[frequency] / settings.HABIT_MAX_GAP_DAYS)
    if frequency == "weekly":
        times = max(times, bin(weekdays).count("1"))
    return min(times, MAX_TIMES[frequency])


def mark_derived_times(apps, schema_editor):
    """Mark the schedules whose times are those that they have if none are given: until now they always followed."""
    schedules = apps.get_model("habits", "HabitSchedule").objects
    schedules.filter(weekdays=EVERY_DAY).update(weekdays=0)  # all weekdays are the same as none
    for frequency, weekdays in list(schedules.order_by().values_list("frequency", "weekdays").distinct()):
        same = schedules.filter(frequency=frequency, weekdays=weekdays)
        same.filter(times_per_period=default_times(frequency, weekdays)).update(derives_times=True)


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0002_clearer_help_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='habit',
            name='extensions',
            field=models.JSONField(blank=True, default=list, help_text='[[old end, last day], ...]: end dates that had passed and were moved. The days after them up to the last day are paused for all who track the habit.'),
        ),
        migrations.AddField(
            model_name='habit',
            name='goal_type',
            field=models.CharField(choices=[('at_least', 'at_least'), ('at_most', 'at_most')], default='at_least', help_text='at_least: to be done; at_most: to be kept within limit_per_period.', max_length=8),
        ),
        migrations.AddField(
            model_name='habitschedule',
            name='derives_times',
            field=models.BooleanField(default=False, help_text='times_per_period was not given: it follows the frequency and the weekdays.'),
        ),
        migrations.AddField(
            model_name='habitschedule',
            name='limit_per_period',
            field=models.DecimalField(blank=True, decimal_places=2, help_text='The largest amount in a period, of a limit habit.', max_digits=10, null=True),
        ),
        migrations.AddConstraint(
            model_name='habitschedule',
            constraint=models.CheckConstraint(condition=models.Q(('limit_per_period', None), models.Q(('daily_amount', 1), ('frequency__in', ['daily', 'monthly', 'weekly']), ('interval', 1), ('limit_per_period__gte', 0), ('times_per_period', 1), ('weekdays', 0)), _connector='OR'), name='schedule_limit'),
        ),
        migrations.RunPython(mark_derived_times, migrations.RunPython.noop),
    ]
