"""Moves the Telegram chats of users into rows of their own, so that a channel needs no columns of User."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Both engines. The chat's state stays as it is, also of users who disconnected it: their used links stay invalid.
COPY = """
INSERT INTO users_address (user_id, channel, address, confirmed, connected_at, unreachable_since)
SELECT id, 'telegram', CAST(chat_id AS varchar(254)), chat_confirmed, chat_connected_at, chat_unreachable_since
FROM users_user WHERE chat_id IS NOT NULL OR chat_connected_at IS NOT NULL
"""
COPY_BACK = """
UPDATE users_user SET chat_id = CAST(source.address AS bigint), chat_confirmed = source.confirmed,
    chat_connected_at = source.connected_at, chat_unreachable_since = source.unreachable_since
FROM users_address AS source WHERE source.user_id = users_user.id AND source.channel = 'telegram'
"""


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0005_plainer_help_texts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Address',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('channel', models.CharField(max_length=20)),
                ('address', models.CharField(blank=True, help_text='None: disconnected.', max_length=254, null=True)),
                ('confirmed', models.BooleanField(default=False, help_text='False for a chat that was connected while no bot was configured.')),
                ('connected_at', models.DateTimeField(blank=True, null=True)),
                ('unreachable_since', models.DateTimeField(blank=True, help_text='Since then the channel permanently refuses messages to it.', null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='addresses', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'addresses',
            },
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(models.F('user'), models.F('channel'), name='address_one_a_channel'),
        ),
        migrations.AddConstraint(
            model_name='address',
            constraint=models.UniqueConstraint(models.F('channel'), models.F('address'), name='address_of_one_user'),
        ),
        migrations.RunSQL(COPY, COPY_BACK),
    ]
