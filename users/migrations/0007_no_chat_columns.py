"""Removes the columns of User that 0006 copied. A migration of its own: PostgreSQL alters no table with pending events."""

from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0006_address'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='user', name='user_chat_unique'),
        migrations.RemoveField(model_name='user', name='chat_id'),
        migrations.RemoveField(model_name='user', name='chat_confirmed'),
        migrations.RemoveField(model_name='user', name='chat_unreachable_since'),
        migrations.RemoveField(model_name='user', name='chat_connected_at'),
    ]
