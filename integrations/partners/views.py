"""API views for partners: their people, the habits these follow, and their days. Only a partner's key reaches them."""

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_yasg.utils import swagger_auto_schema
from rest_framework import status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common import clock
from common.days import day_in_path
from common.http import created_or_ok, idempotency_key, valid, valid_query
from common.limits import MAX_LARGE_BODY_BYTES
from common.pagination import PageNumbers
from common.schema import PAGE_PARAMETERS, page_example
from integrations.grants import services as links
from integrations.idempotency import services as idempotency
from integrations.idempotency.services import Answer
from integrations.partners import batch, days, people, queries, rules, serializers
from integrations.partners.authentication import PartnerAuthentication, partner_of
from integrations.partners.batch import Outcome
from integrations.partners.days import DayChange
from integrations.partners.queries import Person
from tracking.logs.serializers import AmountSerializer, LogSerializer
from tracking.models import HabitLog
from users.requests import may_also, user_of
from users.scopes import Scope


class PartnerView(APIView):
    """The base of what partners reach."""

    authentication_classes = [PartnerAuthentication]
    for_partners = True

    def person(self, request: Request, external_id: str) -> Person:
        """Return one of the partner's people. Raises PartnerPerson.DoesNotExist."""
        return queries.person(partner_of(request), external_id=external_id)

    def once(self, request: Request, respond: Callable[[], Response]) -> Response:
        """Return what `respond` returns; with an Idempotency-Key that was used before, the answer of that time."""

        def answer() -> Answer:
            made = respond()
            return Answer(made.status_code, made.data)

        key = idempotency_key(request)
        if not key:
            return respond()
        # The parsed body, so that neither spaces nor the order of names matter.
        parts = (str(request.method).encode(), request.path.encode(), JSONRenderer().render(request.data))
        given = idempotency.once(
            owner=user_of(request),
            key=key,
            fingerprint=idempotency.fingerprint_of(*parts),
            answer=answer,
            now=clock.now(),
        )
        return Response(given.body, status=given.status)


class PeopleView(PartnerView):
    """All of the partner's people."""

    key_scopes = {"get": Scope.STATS_READ}

    @swagger_auto_schema(
        operation_summary="My people",
        operation_description="Those that you manage and those who linked their account, the latest first, in pages. "
        "With `email` only the one with this address.",
        query_serializer=serializers.PeopleQuerySerializer,
        manual_parameters=PAGE_PARAMETERS,
        responses={200: page_example("A page of people.", serializers.PERSON_EXAMPLE)},
    )
    def get(self, request: Request) -> Response:
        chosen = valid_query(serializers.PeopleQuerySerializer, request)
        rows = queries.people_of(partner_of(request))
        if "email" in chosen:
            rows = queries.with_email(rows, chosen["email"])
        pages = PageNumbers()
        page: Any = queries.persons(pages.paginate_queryset(rows, request, view=self) or [])
        return pages.get_paginated_response(serializers.PersonSerializer(page, many=True).data)


class PersonView(PartnerView):
    """One of the partner's people."""

    key_scopes = {"get": Scope.STATS_READ, "put": Scope.HABITS_WRITE, "delete": Scope.HABITS_WRITE}

    @swagger_auto_schema(
        operation_summary="A person with habits and streaks",
        operation_description="Of an account that is linked it shows your habits, and what its grant names.",
        responses={200: serializers.PersonWithHabitsSerializer},
    )
    def get(self, request: Request, external_id: str) -> Response:
        return Response(person_data(self.person(request, external_id)))

    @swagger_auto_schema(
        operation_summary="Make or change a managed person",
        operation_description="The id in the path is your own. Such a person exists in your space alone: no sign-in, no "
        "message by us, on no public board. Repeating the request changes nothing. 201 if the person is new.",
        request_body=serializers.PersonInputSerializer,
        responses={200: serializers.PersonSerializer, 201: serializers.PersonSerializer},
    )
    def put(self, request: Request, external_id: str) -> Response:
        given = valid(serializers.PersonInputSerializer, request)
        who, is_new = people.put(partner=partner_of(request), external_id=external_id, now=clock.now(), **given)
        return Response(serializers.PersonSerializer(who).data, status=created_or_ok(is_new))

    @swagger_auto_schema(
        operation_summary="Delete a person",
        operation_description="A managed person is deleted with all logs. Of a linked account only the grant ends.",
        responses={204: "Deleted."},
    )
    def delete(self, request: Request, external_id: str) -> Response:
        who, now = self.person(request, external_id), clock.now()
        if who.grant is None:
            people.remove(who=who, now=now)
        else:
            links.unlink(who=who, now=now)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PersonHabitView(PartnerView):
    """A habit that one of the partner's people follows."""

    key_scopes = {"get": Scope.STATS_READ, "post": Scope.LOGS_WRITE, "delete": Scope.LOGS_WRITE}

    @swagger_auto_schema(operation_summary="A habit of a person", responses={200: serializers.FollowedSerializer})
    def get(self, request: Request, external_id: str, habit_id: int) -> Response:
        return Response(followed_data(self.person(request, external_id), habit_id))

    @swagger_auto_schema(
        operation_summary="Let a person follow a habit",
        operation_description="One of your own habits. Repeating the request changes nothing; 201 if the person did not "
        "follow it before. A linked account must have granted habits:write.",
        responses={200: serializers.FollowedSerializer, 201: serializers.FollowedSerializer},
    )
    def post(self, request: Request, external_id: str, habit_id: int) -> Response:
        who = self.person(request, external_id)
        _, is_new = days.follow(who=who, habit_id=habit_id, now=clock.now())
        return Response(followed_data(who, habit_id), status=created_or_ok(is_new))

    @swagger_auto_schema(
        operation_summary="Let a person stop following a habit",
        operation_description="The history is kept: following again resumes it, with the time between as a pause.",
        responses={204: "Left."},
    )
    def delete(self, request: Request, external_id: str, habit_id: int) -> Response:
        days.leave(who=self.person(request, external_id), habit_id=habit_id, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PersonDayView(PartnerView):
    """A day of a habit of one of the partner's people."""

    key_scopes = {"get": Scope.LOGS_READ, "put": Scope.LOGS_WRITE, "delete": Scope.LOGS_WRITE}

    @swagger_auto_schema(
        operation_summary="Read a day of a person",
        operation_description="Answers 404 if the day has no log.",
        responses={200: LogSerializer},
    )
    def get(self, request: Request, external_id: str, habit_id: int, day: str) -> Response:
        who = self.person(request, external_id)
        track = queries.track_for(who, habit_id, scope=Scope.LOGS_READ)
        return Response(LogSerializer(get_object_or_404(HabitLog, track=track, day=day_in_path(day))).data)

    @swagger_auto_schema(
        operation_summary="Set a day of a person",
        operation_description="Records a local day of the person, today or earlier. Repeating the request changes "
        "nothing. The answer has the streak before and after, achievements earned and withdrawn, and goals reached.",
        request_body=serializers.PartnerDaySerializer,
        responses={200: serializers.DayChangeSerializer},
    )
    def put(self, request: Request, external_id: str, habit_id: int, day: str) -> Response:
        given = valid(serializers.PartnerDaySerializer, request)
        who = self.person(request, external_id)
        change = days.set_day(who=who, habit_id=habit_id, day=day_in_path(day), now=clock.now(), **given)
        return Response(serializers.DayChangeSerializer(change).data)

    @swagger_auto_schema(
        operation_summary="Clear a day of a person",
        operation_description="Deletes the log of the day, if there is one.",
        responses={200: serializers.DayChangeSerializer},
    )
    def delete(self, request: Request, external_id: str, habit_id: int, day: str) -> Response:
        who = self.person(request, external_id)
        change = days.clear_day(who=who, habit_id=habit_id, day=day_in_path(day), now=clock.now())
        return Response(serializers.DayChangeSerializer(change).data)


class PersonAddView(PartnerView):
    """Add to the amount of a day of one of the partner's people."""

    key_scopes = {"post": Scope.LOGS_WRITE}

    @swagger_auto_schema(
        operation_summary="Add to a day of a person",
        operation_description="Adds an amount; safe for simultaneous requests. With an Idempotency-Key header a repeated "
        "request changes nothing.",
        request_body=AmountSerializer,
        responses={200: serializers.DayChangeSerializer},
    )
    def post(self, request: Request, external_id: str, habit_id: int, day: str) -> Response:
        given = valid(AmountSerializer, request)
        change = days.add(
            who=self.person(request, external_id),
            habit_id=habit_id,
            day=day_in_path(day),
            key=idempotency_key(request),
            now=clock.now(),
            **given,
        )
        return Response(serializers.DayChangeSerializer(change).data)


class BatchView(PartnerView):
    """Many writes at once."""

    key_scopes = {"post": Scope.LOGS_WRITE}
    max_body_bytes = MAX_LARGE_BODY_BYTES

    @swagger_auto_schema(
        operation_summary="Many writes at once",
        operation_description=f"Up to {rules.MAX_BATCH}. Each has its own outcome, in the order of the writes, and one "
        "that fails holds up no other. Those for one person are made in their order. Making and deleting people needs a "
        "key with habits:write besides. With an Idempotency-Key header a repeated request changes nothing.",
        request_body=serializers.BatchSerializer,
        responses={200: serializers.OutcomesSerializer},
    )
    def post(self, request: Request) -> Response:
        return self.once(request, lambda: self.write_all(request))

    def write_all(self, request: Request) -> Response:
        given = valid(serializers.BatchSerializer, request)["writes"]
        writes = [each.error if isinstance(each, serializers.InvalidWrite) else each for each in given]
        found = batch.write_all(
            partner=partner_of(request),
            writes=writes,
            may=lambda scope: may_also(request, scope),
            now=clock.now(),
        )
        return Response({"outcomes": [self.outcome_data(each) for each in found]})

    def outcome_data(self, outcome: Outcome) -> dict[str, Any]:
        if outcome.error is not None:
            shown = self.handle_exception(outcome.error).data
            return {"status": outcome.status, "result": None, "errors": shown["errors"]}
        result: Any = outcome.result
        if isinstance(result, DayChange):
            result = serializers.DayChangeSerializer(result).data
        elif isinstance(result, Person):
            result = serializers.PersonSerializer(result).data
        elif result is not None:
            result = {"habit": result}
        return {"status": outcome.status, "result": result, "errors": None}


class LinksView(PartnerView):
    """Asking people to link their accounts."""

    key_scopes = {"post": Scope.HABITS_WRITE}

    @swagger_auto_schema(
        operation_summary="Ask a person to link their account",
        operation_description="A person who has an account with the address gets a mail with a page that names you and the "
        "scopes, and answers there. The answer here is the same whether or not there is such an account, and whether or "
        "not a mail is sent: only one request of yours can be open for an address, and three a week reach it from all "
        "services. Once somebody has said yes they are among your people.",
        request_body=serializers.LinkInputSerializer,
        responses={202: serializers.AskedSerializer},
    )
    def post(self, request: Request) -> Response:
        given = valid(serializers.LinkInputSerializer, request)
        links.ask(partner=partner_of(request), now=clock.now(), **given)
        detail = "If there is such an account, its owner is asked."
        return Response({"detail": detail}, status=status.HTTP_202_ACCEPTED)


def person_data(who: Person) -> dict[str, Any]:
    """Return a person with the habits that the partner may see."""
    now = clock.now()
    context = {"tracks": queries.tracks_for(who, now=now), "now": now}
    return dict(serializers.PersonWithHabitsSerializer(who, context=context).data)


def followed_data(who: Person, habit_id: int) -> dict[str, Any]:
    """Return a habit that a person follows. Raises HabitTrack.DoesNotExist."""
    now = clock.now()
    track: Any = queries.tracks_for(who, now=now).get(habit=habit_id)
    return dict(serializers.FollowedSerializer(track, context={"who": who, "now": now}).data)
