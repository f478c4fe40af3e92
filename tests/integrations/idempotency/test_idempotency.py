"""Requests with an Idempotency-Key: the first answer is given again, for a day."""

from typing import Any

import pytest
from django.utils import timezone

from common.errors import DomainError
from integrations.idempotency import services
from integrations.idempotency.services import Answer
from integrations.models import IdempotentRequest
from tests import make
from users.models import User
from users.services import remove_account
from users.timing import DAY

NOW = make.utc("2026-11-21 12:00")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon")]


class Work:
    """Something that must be done once; `times` says how often it was."""

    times = 0

    def __call__(self) -> Answer:
        self.times += 1
        return Answer(201, {"number": self.times})


def ask(owner: User, work: Any, *, key: str = "k", fingerprint: str = "f") -> Answer:
    return services.once(owner=owner, key=key, fingerprint=fingerprint, answer=work, now=timezone.now())


def test_with_a_key_the_work_is_done_once(alice: User) -> None:
    work = Work()
    assert ask(alice, work) == ask(alice, work) == Answer(201, {"number": 1})


def test_without_a_key_it_is_done_each_time_and_nothing_is_stored(alice: User) -> None:
    work = Work()
    assert [ask(alice, work, key="").body["number"] for _ in range(2)] == [1, 2]
    assert not IdempotentRequest.objects.exists()


def test_a_key_is_its_owners_alone(alice: User, bob: User) -> None:
    work = Work()
    assert ask(alice, work).body != ask(bob, work).body


def test_a_key_used_for_another_request_is_refused(alice: User) -> None:
    ask(alice, Work())
    with pytest.raises(DomainError) as refusal:
        ask(alice, Work(), fingerprint="other")
    assert (refusal.value.code, refusal.value.field) == ("key_reused", "Idempotency-Key")


def test_what_failed_is_not_kept(alice: User) -> None:
    def fails() -> Answer:
        raise DomainError("no", "No.")

    with pytest.raises(DomainError):
        ask(alice, fails)
    assert ask(alice, Work()).status == 201


def test_an_answer_is_kept_for_a_day(alice: User, noon: Any) -> None:
    ask(alice, Work())
    assert services.purge(now=NOW + DAY - DAY / 24) == 0
    assert services.purge(now=NOW + DAY) == 1
    assert not IdempotentRequest.objects.exists()


def test_answers_go_with_the_account(alice: User) -> None:
    ask(alice, Work())
    remove_account(user=alice, now=NOW)
    assert not IdempotentRequest.objects.exists()
