"""Add the weekday on which a person's weeks start, and since when."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0011_bans_and_access'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='week_changes',
            field=models.JSONField(blank=True, default=list, help_text='[[first day or null, weekday], ...]: on which weekday weeks start, and since when. Empty: on Monday.'),
        ),
    ]
