"""Renames columns whose names were hard to understand, and rewords help texts (these change no table)."""

import notifications.models
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0007_expired'),
    ]

    operations = [
        migrations.RenameField(model_name='reminder', old_name='trouble', new_name='last_error'),
        migrations.RenameField(model_name='digest', old_name='trouble', new_name='last_error'),
        migrations.RenameField(model_name='delivery', old_name='passed_over', new_name='missed_count'),
        migrations.RenameField(model_name='delivery', old_name='deaths', new_name='expired_leases'),
        migrations.AlterField(
            model_name='delivery',
            name='address',
            field=models.CharField(blank=True, help_text="Recipient; empty: the user's chat at the time of sending.", max_length=254),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0, help_text='Attempts that failed with a transient error.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='available_at',
            field=models.DateTimeField(help_text='Earliest instant of sending; later after each retry.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='chat_id',
            field=models.BigIntegerField(blank=True, help_text='The chat that received it.', null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='day',
            field=models.DateField(blank=True, help_text="The user's local day that it is about.", null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='expired_leases',
            field=models.PositiveSmallIntegerField(default=0, help_text='Leases that ended without a result.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='expires_at',
            field=models.DateTimeField(help_text='Not sent after this.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='message_id',
            field=models.BigIntegerField(blank=True, help_text="Telegram's id of the message.", null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='missed_count',
            field=models.PositiveIntegerField(default=0, help_text='Earlier occurrences that were not sent.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='postponed_at',
            field=models.DateTimeField(blank=True, help_text='When available_at was last changed.', null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='reason',
            field=models.CharField(blank=True, help_text='Why it is in this state or waits.', max_length=200),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='text',
            field=models.TextField(blank=True, help_text='As sent; for mails with secret links only the subject.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='token',
            field=models.CharField(blank=True, default=notifications.models.make_token, help_text="Part of its buttons' data.", max_length=8),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='uncertain',
            field=models.BooleanField(default=False, help_text='The result of an attempt is unknown: it may have arrived twice.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='uncertain_tries',
            field=models.PositiveSmallIntegerField(default=0, help_text='Attempts with an unknown result.'),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='waits_for',
            field=models.CharField(blank=True, choices=[('', 'its turn'), ('chat', 'the retry_after of its chat'), ('away', 'Telegram, Redis or the mail server is unavailable'), ('aside', 'an internal error')], default='', max_length=5),
        ),
        migrations.AlterField(
            model_name='digest',
            name='failures',
            field=models.PositiveSmallIntegerField(default=0, help_text='Consecutive failures to plan it.'),
        ),
        migrations.AlterField(
            model_name='digest',
            name='next_at',
            field=models.DateTimeField(blank=True, help_text='Next instant, UTC. None: nothing is planned.', null=True),
        ),
        migrations.AlterField(
            model_name='digest',
            name='next_day',
            field=models.DateField(blank=True, help_text="The user's local day of next_at.", null=True),
        ),
        migrations.AlterField(
            model_name='digest',
            name='retry_at',
            field=models.DateTimeField(blank=True, help_text='After an error: earliest instant of the next try.', null=True),
        ),
        migrations.AlterField(
            model_name='installation',
            name='key',
            field=models.UUIDField(default=uuid.uuid4, editable=False, help_text='Name of the last tick in Redis and DATA_DIR.'),
        ),
        migrations.AlterField(
            model_name='installation',
            name='uncertain_until',
            field=models.DateTimeField(blank=True, help_text='A backup was restored: messages due until then may have been sent already.', null=True),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='failures',
            field=models.PositiveSmallIntegerField(default=0, help_text='Consecutive failures to plan it.'),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='next_at',
            field=models.DateTimeField(blank=True, help_text='Next instant, UTC. None: nothing is planned.', null=True),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='next_day',
            field=models.DateField(blank=True, help_text="The user's local day of next_at.", null=True),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='retry_at',
            field=models.DateTimeField(blank=True, help_text='After an error: earliest instant of the next try.', null=True),
        ),
        migrations.AlterField(
            model_name='reminder',
            name='text',
            field=models.CharField(blank=True, help_text="The user's own text; empty: the habit's sentence.", max_length=200),
        ),
    ]
