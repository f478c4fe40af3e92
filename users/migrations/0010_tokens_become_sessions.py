"""Turns refresh tokens that can still be used into sessions, so that nobody is signed out, and drops simplejwt's tables.

Those tables held the text of live tokens. A new database never had them.
"""

from django.db import migrations
from django.db.migrations.recorder import MigrationRecorder

TOKENS, USED = "token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken"
# Both engines. Ids of tokens are 32 characters; nothing else was ever issued here.
COPY = f"""
INSERT INTO users_session (user_id, created_at, last_used_at, device, device_key, place_key, network_address,
    token_id, issued_at, expires_at, previous_token_id, exchanged_at, carried_token_id, ended_at, end_reason)
SELECT live.user_id, COALESCE(live.created_at, live.expires_at), COALESCE(live.created_at, live.expires_at), '', '', '',
    NULL, live.jti, COALESCE(live.created_at, live.expires_at), live.expires_at, '', NULL, live.jti, NULL, ''
FROM {TOKENS} AS live LEFT JOIN {USED} AS used ON used.token_id = live.id
WHERE used.id IS NULL AND live.user_id IS NOT NULL AND LENGTH(live.jti) = 32
"""


def carry_over(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if TOKENS not in connection.introspection.table_names(cursor):
            return
        cursor.execute(COPY)
        cursor.execute(f"DROP TABLE {USED}")
        cursor.execute(f"DROP TABLE {TOKENS}")
    MigrationRecorder(connection).migration_qs.filter(app="token_blacklist").delete()
    apps.get_model("auth", "Permission").objects.filter(content_type__app_label="token_blacklist").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('users', '0009_session'),
    ]

    operations = [
        # Going back, users sign in again.
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
