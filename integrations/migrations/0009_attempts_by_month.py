"""Have PostgreSQL divide the attempts of webhooks by month, without making those who write them wait for long."""

from django.db import migrations

from common.partitions import PartitionByMonth


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("integrations", "0008_archive_of_webhooks")]

    operations = [PartitionByMonth("WebhookAttempt", "at")]
