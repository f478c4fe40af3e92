"""Add the time of the last calculation, to find tracks that were updated while the server clock ran ahead."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def mark_tracks_counted_in_the_future(apps, schema_editor):
    """Mark tracks whose strength was calculated for a future day, so that the worker recounts them."""
    now = timezone.now()
    ahead = apps.get_model("tracking", "HabitTrack").objects.filter(strength_on__gt=(now + timedelta(days=1)).date())
    ahead.update(counted_at=now + timedelta(days=1))


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0001_initial'),
        ('tracking', '0003_edits_for_followers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='habittrack',
            name='counted_at',
            field=models.DateTimeField(blank=True, help_text='When streaks and strength were counted.', null=True),
        ),
        migrations.RunPython(mark_tracks_counted_in_the_future, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='habittrack',
            index=models.Index(models.F('counted_at'), condition=models.Q(('counted_at__isnull', False)), name='track_counted'),
        ),
    ]
