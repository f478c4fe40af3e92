"""Let the database hold that a goal type is one of two, and that a pleasant habit has no limit."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0003_limits_and_derived_times'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='habit',
            constraint=models.CheckConstraint(condition=models.Q(('is_pleasant', False), ('goal_type', 'at_least'), _connector='OR'), name='habit_pleasant_has_no_limit'),
        ),
        migrations.AddConstraint(
            model_name='habit',
            constraint=models.CheckConstraint(condition=models.Q(('goal_type__in', ['at_least', 'at_most'])), name='habit_goal_type'),
        ),
    ]
