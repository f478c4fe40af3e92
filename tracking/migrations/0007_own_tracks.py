"""Add what a track is to its own user (colour, icon, tags, place, archived), and why a track is paused.

Old code works with the new tables: what it does not know of has a default in the database.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def name_pauses_of_left_tracks(apps, schema_editor):
    """Mark the pause that leaving has made: of the open-ended pauses of a track that is left, the newest.

    While a track is left, its user cannot pause it. Ended pauses were merged with others, and stay the user's own.
    """
    Pause = apps.get_model("tracking", "Pause")
    alias = schema_editor.connection.alias
    open_ended = Pause.objects.using(alias).filter(track__left_at__isnull=False, last_day=None)
    newest = open_ended.order_by().values("track").annotate(newest=models.Max("pk")).values_list("newest", flat=True)
    for start in range(0, len(newest), 1000):
        Pause.objects.using(alias).filter(pk__in=list(newest)[start : start + 1000]).update(reason="left")


class Migration(migrations.Migration):

    dependencies = [
        ('tracking', '0006_derived_beginning'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50)),
                ('name_key', models.CharField(max_length=200)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='tags', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('user'), models.F('name_key'), name='tag_one_a_name')],
            },
        ),
        migrations.CreateModel(
            name='TrackTag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='track_tags', to='tracking.tag')),
                ('track', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='track_tags', to='tracking.habittrack')),
            ],
            options={
                'constraints': [models.UniqueConstraint(models.F('track'), models.F('tag'), name='track_tag_once')],
            },
        ),
        migrations.AddField(
            model_name='habittrack',
            name='tags',
            field=models.ManyToManyField(related_name='tracks', through='tracking.TrackTag', to='tracking.tag'),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='archived_at',
            field=models.DateTimeField(blank=True, help_text='Empty: not archived.', null=True),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='colour',
            field=models.CharField(blank=True, choices=[('red', 'red'), ('orange', 'orange'), ('amber', 'amber'), ('yellow', 'yellow'), ('lime', 'lime'), ('green', 'green'), ('teal', 'teal'), ('sky', 'sky'), ('blue', 'blue'), ('violet', 'violet'), ('pink', 'pink'), ('grey', 'grey')], db_default='', default='', help_text='Empty: none.', max_length=6),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='icon',
            field=models.CharField(blank=True, db_default='', default='', help_text='An emoji. Empty: none.', max_length=16),
        ),
        migrations.AddField(
            model_name='habittrack',
            name='position',
            field=models.PositiveIntegerField(blank=True, help_text="Place among the user's tracks. Empty: after those that have one.", null=True),
        ),
        migrations.AddField(
            model_name='amountadded',
            name='amount_before',
            field=models.DecimalField(decimal_places=2, max_digits=10, null=True),
        ),
        migrations.AddField(
            model_name='amountadded',
            name='completed_before',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='amountadded',
            name='status_before',
            field=models.CharField(help_text='Empty text: the day had no log. Null: added by a version that did not keep it.', max_length=9, null=True),
        ),
        migrations.AddField(
            model_name='pause',
            name='reason',
            field=models.CharField(choices=[('manual', 'Manual'), ('left', 'Left'), ('archived', 'Archived'), ('unknown', 'Unknown')], db_default='manual', default='manual', max_length=8),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('reason', 'manual'), ('track__isnull', False), _connector='OR'), name='pause_of_a_track_unless_manual'),
        ),
        migrations.RunPython(name_pauses_of_left_tracks, migrations.RunPython.noop),
    ]
