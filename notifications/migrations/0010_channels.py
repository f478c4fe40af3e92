"""Lets any channel of the registry stand in a delivery, and stores the address that received it as text."""

from django.db import migrations, models

COPY = "UPDATE notifications_delivery SET sent_to = CAST(chat_id AS varchar(254)) WHERE chat_id IS NOT NULL"
COPY_BACK = "UPDATE notifications_delivery SET chat_id = CAST(sent_to AS bigint) WHERE channel = 'telegram' AND sent_to <> ''"


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0009_subject'),
    ]

    operations = [
        migrations.AddField(
            model_name='delivery',
            name='sent_to',
            field=models.CharField(blank=True, default='', help_text='The address that received it.', max_length=254),
            preserve_default=False,
        ),
        migrations.RunSQL(COPY, COPY_BACK),
        migrations.RemoveField(model_name='delivery', name='chat_id'),
        migrations.AlterField(
            model_name='delivery',
            name='address',
            field=models.CharField(blank=True, help_text="Recipient; empty: the user's address at the time of sending.", max_length=254),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='channel',
            field=models.CharField(help_text='A name in notifications.channels.registry.', max_length=20),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='message_id',
            field=models.BigIntegerField(blank=True, help_text="The channel's id of the message.", null=True),
        ),
        migrations.AlterField(
            model_name='delivery',
            name='waits_for',
            field=models.CharField(blank=True, choices=[('', 'its turn'), ('chat', 'the retry_after of its address'), ('away', "the channel's server or Redis is unavailable"), ('aside', 'an internal error')], default='', max_length=5),
        ),
    ]
