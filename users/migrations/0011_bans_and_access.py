"""Tells banned accounts from unconfirmed ones, and notes when access ended and what a chat is called.

A confirmed account that is not active was banned. An active one without a confirmation was activated by staff, who
vouched for its address: it counts as confirmed, so that a lifted ban finds it as it was.
"""

from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Now


def tell_bans_apart(apps, schema_editor):
    users = apps.get_model("users", "User")._base_manager
    users.filter(is_active=False, confirmed_at__isnull=False).update(banned_at=Now())
    users.filter(is_active=True, confirmed_at=None).update(confirmed_at=F("date_joined"))


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('users', '0010_tokens_become_sessions'),
    ]

    operations = [
        migrations.AddField(
            model_name='address',
            name='name',
            field=models.CharField(blank=True, help_text='What the channel calls it, to show the user.', max_length=64),
        ),
        migrations.AddField(
            model_name='user',
            name='access_ended_at',
            field=models.DateTimeField(blank=True, help_text='The last reset of the password, or ban. Links made before are invalid.', null=True),
        ),
        migrations.AddField(
            model_name='user',
            name='banned_at',
            field=models.DateTimeField(blank=True, help_text='Since then staff have banned the account.', null=True),
        ),
        migrations.RunPython(tell_bans_apart, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('banned_at', None), ('is_active', False), _connector='OR'), name='user_banned_is_inactive'),
        ),
    ]
