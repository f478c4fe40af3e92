"""Keep the longest streak under its unit, and mark all tracks, so that the worker counts them again."""

from django.db import migrations
from django.db.models import F
from django.db.models.functions import JSONObject


def keep_longest_streaks_and_mark_tracks(apps, schema_editor):
    """Keep the longest streak under its unit, and mark each track, so that the worker counts it again."""
    tracks = apps.get_model("tracking", "HabitTrack").objects
    for unit in list(tracks.filter(longest_streak__gt=0).order_by().values_list("streak_unit", flat=True).distinct()):
        longest = JSONObject(**{unit: F("longest_streak")})
        tracks.filter(streak_unit=unit, longest_streak__gt=0).update(longest_streaks=longest)
    tracks.update(is_outdated=True)


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0007_own_tracks'),
    ]

    operations = [
        migrations.RunPython(keep_longest_streaks_and_mark_tracks, migrations.RunPython.noop),
    ]
