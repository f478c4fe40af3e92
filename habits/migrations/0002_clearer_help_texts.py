"""Clearer help texts of the fields. Changes no column."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('habits', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='habit',
            name='created_on',
            field=models.DateField(help_text="The owner's local day at creation. Windows of n days start here if there is no start_date."),
        ),
        migrations.AlterField(
            model_name='habit',
            name='duration',
            field=models.PositiveSmallIntegerField(blank=True, help_text='In seconds.', null=True),
        ),
        migrations.AlterField(
            model_name='habit',
            name='followers',
            field=models.PositiveIntegerField(default=0, help_text='Number of users other than the owner who track it.'),
        ),
        migrations.AlterField(
            model_name='habit',
            name='owner',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Empty when the owner has left and followers still track it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='habits', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='habit',
            name='time',
            field=models.TimeField(blank=True, help_text='Local time of each user who tracks it.', null=True),
        ),
        migrations.AlterField(
            model_name='habitschedule',
            name='starts_on',
            field=models.DateField(blank=True, help_text='Empty: from the beginning.', null=True),
        ),
        migrations.AlterField(
            model_name='habitschedule',
            name='weekdays',
            field=models.PositiveSmallIntegerField(default=0, help_text='Bit mask, Monday is the lowest bit. 0: every day.'),
        ),
    ]
