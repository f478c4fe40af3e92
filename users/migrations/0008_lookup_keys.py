"""Adds the lookup keys of addresses and usernames, in place of indexes over LOWER(), which SQLite knows for ASCII only.

Accounts whose keys are equal all stay. One of them gets the key: the one that is spelled like it, otherwise a confirmed
one, otherwise the oldest. The others are found by their exact spelling, and staff see them in the admin.

A username that is only dots gets another one: in a path (members/../) it means something else.
"""

from collections import defaultdict

from django.db import migrations, models

import users.keys
from users.keys import exact_key, key_of

BATCH = 1000


def fill(apps, schema_editor):
    User = apps.get_model("users", "User")
    accounts = User.objects.using(schema_editor.connection.alias).only("pk", "email", "username", "confirmed_at")
    changed = list(accounts.order_by("pk"))
    for account in changed:
        if not account.username.strip("."):
            account.username = f"user-{account.pk}"
    for source in ("email", "username"):
        by_key = defaultdict(list)
        for account in changed:
            by_key[key_of(source, getattr(account, source))].append(account)
        for key, same in by_key.items():
            same.sort(key=lambda account: (getattr(account, source) != key, account.confirmed_at is None, account.pk))
            for number, account in enumerate(same):
                spelling = getattr(account, source)
                setattr(account, f"{source}_key", exact_key(spelling) if number else key)
    User.objects.using(schema_editor.connection.alias).bulk_update(
        changed, ["username", "email_key", "username_key"], batch_size=BATCH
    )


class Migration(migrations.Migration):

    dependencies = [
        ('users', '0007_no_chat_columns'),
    ]

    operations = [
        # First: on SQLite, adding a column makes the table and its indexes again.
        migrations.RemoveConstraint(model_name='user', name='user_email_unique'),
        migrations.RemoveConstraint(model_name='user', name='user_username_unique'),
        migrations.AddField(
            model_name='user',
            name='email_key',
            field=users.keys.LookupKeyField('email', default='', editable=False, max_length=254),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='user',
            name='username_key',
            field=users.keys.LookupKeyField('username', default='', editable=False, max_length=254),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(models.F('email_key'), name='user_email_key_unique'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(models.F('username_key'), name='user_username_key_unique'),
        ),
    ]
