"""Stores what a message is about in a column. Until now it was read from the message's key ("goal:17")."""

from django.db import migrations, models

# The kinds whose keys name a row: "goal:ID", "award:ID", "challenge:ID:USER" (with ":DELIVERY" after it was withdrawn).
KINDS = ("goal_reached", "achievement", "challenge_ended", "challenge_cancelled")
BATCH = 1000


def fill(apps, schema_editor):
    Delivery = apps.get_model("notifications", "Delivery")
    # No query stays open during the updates: on SQLite it could see rows that were just changed.
    rows = list(Delivery.objects.filter(kind__in=KINDS, subject_id=None).only("key"))
    for row in rows:
        name = (row.key.split(":") + [""])[1]
        row.subject_id = int(name) if name.isdecimal() else None
    Delivery.objects.bulk_update(rows, ["subject_id"], batch_size=BATCH)


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0008_plain_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='subject_id',
            field=models.BigIntegerField(blank=True, help_text='The id of the goal, award or challenge that it is about, by its kind.', null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
