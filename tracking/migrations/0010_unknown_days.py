"""Derive the days of which nothing is known, instead of storing a pause; the worker counts limit habits again."""

from django.db import migrations, models


def remove_pauses_of_unknown_days(apps, schema_editor):
    """Delete the pauses, and mark the tracks of limit habits, whatever their pauses."""
    apps.get_model("tracking", "Pause").objects.filter(reason="unknown").delete()
    limits = apps.get_model("habits", "Habit").objects.filter(goal_type="at_most")
    apps.get_model("tracking", "HabitTrack").objects.filter(habit__in=limits).update(is_outdated=True)


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0004_goal_type_constraints'),
        ('tracking', '0009_former_streak_columns'),
    ]

    operations = [
        migrations.RunPython(remove_pauses_of_unknown_days, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='pause',
            name='reason',
            field=models.CharField(choices=[('manual', 'Manual'), ('left', 'Left'), ('archived', 'Archived')], db_default='manual', default='manual', max_length=8),
        ),
    ]
