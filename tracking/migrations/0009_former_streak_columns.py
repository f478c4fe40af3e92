"""Remove the columns that the longest streak of each unit and `recount_at` replace."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0008_count_again'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='habittrack',
            name='next_units',
        ),
        migrations.RemoveField(
            model_name='habittrack',
            name='unit_changes_at',
        ),
        migrations.RemoveField(
            model_name='streakcheckpoint',
            name='longest',
        ),
        migrations.RemoveField(
            model_name='habittrack',
            name='longest_streak',
        ),
    ]
