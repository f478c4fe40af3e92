"""What delivery needs to keep its promise: tokens, counts, what waits for what, heartbeats."""

import common.clock
import notifications.models
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_hot_tables'),
        ('tracking', '0003_edits_for_followers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=100, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(help_text="By the database's clock.")),
            ],
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, help_text='Of notes about it that are kept elsewhere.')),
                ('uncertain_until', models.DateTimeField(blank=True, help_text='A backup was restored: what came due until then may have been sent.', null=True)),
            ],
        ),
        migrations.AddField(
            model_name='delivery',
            name='deaths',
            field=models.PositiveSmallIntegerField(default=0, help_text='Leases of it that ran out.'),
        ),
        # Those that are there keep an empty one: the buttons that were sent with them carry none.
        migrations.AddField(
            model_name='delivery',
            name='token',
            field=models.CharField(blank=True, default='', help_text='Its buttons carry it.', max_length=8),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='token',
            field=models.CharField(blank=True, default=notifications.models.make_token, help_text='Its buttons carry it.', max_length=8),
        ),
        migrations.AddField(
            model_name='delivery',
            name='uncertain_tries',
            field=models.PositiveSmallIntegerField(default=0, help_text='Whose answer does not say whether it arrived.'),
        ),
        migrations.AddField(
            model_name='delivery',
            name='waits_for',
            field=models.CharField(blank=True, choices=[('', 'its turn'), ('chat', "its chat's own retry_after"), ('away', 'Telegram, Redis or the mail server is away'), ('aside', 'it could not be composed')], default='', max_length=5),
        ),
        migrations.AddField(
            model_name='digest',
            name='failures',
            field=models.PositiveSmallIntegerField(default=0, help_text='In a row, of planning it.'),
        ),
        migrations.AddField(
            model_name='digest',
            name='planned_at',
            field=models.DateTimeField(blank=True, help_text='When next_at was computed.', null=True),
        ),
        migrations.AddField(
            model_name='digest',
            name='retry_at',
            field=models.DateTimeField(blank=True, help_text='Not taken before this.', null=True),
        ),
        migrations.AddField(
            model_name='digest',
            name='trouble',
            field=models.CharField(blank=True, help_text='Why it could not be planned.', max_length=200),
        ),
        migrations.AddField(
            model_name='reminder',
            name='failures',
            field=models.PositiveSmallIntegerField(default=0, help_text='In a row, of planning it.'),
        ),
        migrations.AddField(
            model_name='reminder',
            name='planned_at',
            field=models.DateTimeField(blank=True, help_text='When next_at was computed.', null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='retry_at',
            field=models.DateTimeField(blank=True, help_text='Not taken before this.', null=True),
        ),
        migrations.AddField(
            model_name='reminder',
            name='trouble',
            field=models.CharField(blank=True, help_text='Why it could not be planned.', max_length=200),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, help_text='That failed by a transient error.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='created_at',
            field=models.DateTimeField(default=common.clock.now),
        ),
        migrations.AlterField(
            model_name='digest',
            name='next_at',
            field=models.DateTimeField(blank=True, help_text='UTC. None: nothing to come.', null=True),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('due_at'), condition=models.Q(('state', 'pending')), name='delivery_behind'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('lease_until'), condition=models.Q(('lease_until__isnull', False)), name='delivery_leased'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('id'), condition=models.Q(('uncertain', True)), name='delivery_uncertain'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(models.F('created_at'), name='delivery_created'),
        ),
        migrations.AddIndex(
            model_name='digest',
            index=models.Index(models.F('planned_at'), condition=models.Q(('planned_at__isnull', False)), name='digest_planned'),
        ),
        migrations.AddIndex(
            model_name='reminder',
            index=models.Index(models.F('planned_at'), condition=models.Q(('planned_at__isnull', False)), name='reminder_planned'),
        ),
        migrations.AddIndex(
            model_name='heartbeat',
            index=models.Index(models.F('at'), name='heartbeat_at'),
        ),
        migrations.AddConstraint(
            model_name='installation',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='installation_is_one_row'),
        ),
    ]
