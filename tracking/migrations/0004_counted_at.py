"""When a track was counted, so that what a clock ahead counted is found."""

from datetime import timedelta

from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


def mark_what_was_counted_ahead(apps, schema_editor):
    """Tracks whose strength is of a day that has not come are counted again soon."""
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
        migrations.RunPython(mark_what_was_counted_ahead, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='habittrack',
            index=models.Index(models.F('counted_at'), condition=models.Q(('counted_at__isnull', False)), name='track_counted'),
        ),
    ]
