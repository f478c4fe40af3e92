"""The tz database release that stored times are based on."""

from django.db import models


class ZoneData(models.Model):
    """The tz database release that stored times are based on, and the progress of an update. A single row."""

    SINGLETON_ID = 1

    release = models.CharField(max_length=20, blank=True, help_text='For example "2026c".')
    digests = models.JSONField(default=dict, help_text="A hash of each zone's data in this release, by zone name.")
    changed = models.JSONField(default=list, help_text="The zones that changed and whose users are being replanned.")
    done_to = models.BigIntegerField(default=0, help_text="The id of the last user who was replanned.")

    class Meta:
        verbose_name_plural = "zone data"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="zone_data_is_one_row")]

    def __str__(self) -> str:
        return self.release
