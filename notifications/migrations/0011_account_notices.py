from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0010_channels'),
    ]

    operations = [
        migrations.AlterField(
            model_name='delivery',
            name='kind',
            field=models.CharField(choices=[('reminder', 'Reminder'), ('habit_created', 'Habit Created'), ('goal_reached', 'Goal Reached'), ('achievement', 'Achievement'), ('challenge_ended', 'Challenge Ended'), ('challenge_cancelled', 'Challenge Cancelled'), ('digest', 'Digest'), ('chat_confirmation', 'Chat Confirmation'), ('email_confirmation', 'Email Confirmation'), ('email_change', 'Email Change'), ('password_reset', 'Password Reset'), ('email_change_notice', 'Email Change Notice'), ('email_changed', 'Email Changed'), ('chat_connected', 'Chat Connected')], max_length=20),
        ),
    ]
