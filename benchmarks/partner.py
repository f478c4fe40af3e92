"""partner_check_off: a person's own PUT of today's log, compared with the PUT by a partner of the same log.

Both go through Django's WSGI handler. The difference is a key instead of a token, finding the person, and comparing awards
and goals before and after.
"""

import json
from collections.abc import Iterator
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from benchmarks.check_off import HISTORY_DAYS, TRACKS, call, environ
from benchmarks.measures import Options
from benchmarks.people import populate, tidy
from benchmarks.timing import ratios, seconds
from benchmarks.world import World
from integrations.keys import services as keys
from integrations.models import PartnerPerson
from integrations.partners import services as partners
from integrations.partners.rules import OF_KEYS
from tracking.models import HabitLog, HabitTrack
from users import sessions
from users.devices import Device


def run(world: World, options: Options) -> Iterator[float]:
    """Yield a person's own PUT ÷ the partner's for each round."""
    world.fresh_database("partner_check_off")
    world.reset()
    now = timezone.now()
    populate(tracks=TRACKS, users=TRACKS, at=now.replace(second=0, microsecond=0), history_days=HISTORY_DAYS)
    with connection.cursor() as cursor:  # the ids of users that were filled in by SQL are taken
        cursor.execute("SELECT setval(pg_get_serial_sequence('users_user', 'id'), max(id)) FROM users_user")
    partner = partners.create(name="Benchmark", now=now)
    key = keys.create_for_partner(partner=partner, name="Benchmark", scopes=OF_KEYS, now=now)
    tracks = list(HabitTrack.objects.select_related("user").order_by("pk"))
    # The same users as people of the partner: what is compared are the two ways, not two histories.
    PartnerPerson.objects.bulk_create(
        PartnerPerson(partner=partner, user=each.user, is_managed=True, external_id=f"u-{each.user_id}", created_at=now)
        for each in tracks
    )
    own, theirs = [], []
    for track in tracks:
        token = f"Bearer {sessions.start(user=track.user, device=Device(), now=now)['access']}"
        day = track.user.clock.day_of(now)
        own.append(environ(f"/api/tracks/{track.pk}/logs/{day}/", token))
        path = f"/api/partner/people/u-{track.user_id}/habits/{track.habit_id}/logs/{day}/"
        theirs.append(environ(path, f"Bearer {key.text}"))
    handler = WSGIHandler()

    def timed(requests: list[WSGIEnvironment]) -> float:
        HabitLog.objects.filter(pk__gt=TRACKS * HISTORY_DAYS).delete()
        tidy(HabitLog, HabitTrack)
        taken = seconds(lambda: [json.loads(call(handler, each)) for each in requests])
        assert HabitLog.objects.count() == TRACKS * (HISTORY_DAYS + 1)
        return taken

    with override_settings(THROTTLE_RATES=dict.fromkeys(settings.THROTTLE_RATES, "1000000/minute")):
        yield from ratios(options.rounds, over=lambda: timed(own), under=lambda: timed(theirs))
