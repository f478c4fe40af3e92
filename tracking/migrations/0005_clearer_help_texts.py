"""Clearer help texts of the fields. Changes no column."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0004_counted_at'),
    ]

    operations = [
        migrations.AlterField(
            model_name='goal',
            name='amount',
            field=models.DecimalField(decimal_places=2, help_text='Minimum amount of a day that counts.', max_digits=10),
        ),
        migrations.AlterField(
            model_name='goal',
            name='deadline',
            field=models.DateField(blank=True, help_text='Last day that counts. Empty: no deadline.', null=True),
        ),
        migrations.AlterField(
            model_name='goal',
            name='first_day',
            field=models.DateField(help_text='First local day that counts: the day on which the goal was created.'),
        ),
        migrations.AlterField(
            model_name='goal',
            name='reached_on',
            field=models.DateField(blank=True, help_text='The day on which the goal was reached.', null=True),
        ),
        migrations.AlterField(
            model_name='habitchange',
            name='done_to',
            field=models.PositiveBigIntegerField(default=0, help_text='Id of the last track to which the edit was applied.'),
        ),
        migrations.AlterField(
            model_name='habitlog',
            name='day',
            field=models.DateField(help_text="The user's local day when it was logged. A later change of time zone does not change it."),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='counted_at',
            field=models.DateTimeField(blank=True, help_text='When streaks and strength were last calculated.', null=True),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='next_units',
            field=models.JSONField(blank=True, default=list, help_text='[[time, unit], ...] of future schedules with another unit.'),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='recount_at',
            field=models.DateTimeField(blank=True, help_text='When the next future-dated log (left by westward travel) is due. Empty: there is none.', null=True),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='started_on',
            field=models.DateField(help_text='First local day of the track.'),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='strength_on',
            field=models.DateField(blank=True, help_text='Last day included in the strength. Empty: not calculated yet.', null=True),
        ),
        migrations.AlterField(
            model_name='habittrack',
            name='unit_changes_at',
            field=models.DateTimeField(blank=True, help_text='From this time on, both streaks start at 0 in a new unit.', null=True),
        ),
        migrations.AlterField(
            model_name='pause',
            name='last_day',
            field=models.DateField(blank=True, help_text='Empty: open-ended.', null=True),
        ),
    ]
