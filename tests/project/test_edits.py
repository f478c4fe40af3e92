"""What may be written is named: in the services by a TypedDict, in the serializers by a list of fields."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from rest_framework.serializers import BaseSerializer, Serializer

from achievements.awards.serializers import AchievementEditSerializer
from achievements.awards.services import AchievementFields
from common.edits import apply_edit, field_names
from community.challenges.serializers import EditChallengeSerializer
from community.challenges.services import ChallengeEdit
from community.groups.serializers import EditGroupSerializer
from community.groups.services import GroupEdit
from habits.models import Habit
from habits.serializers import HabitInputSerializer, to_service_arguments
from habits.services import HabitFields, edit_habit
from notifications.reminders.serializers import ReminderEditSerializer
from notifications.reminders.services import ReminderEdit
from tests import make
from tracking.goals.serializers import GoalEditSerializer
from tracking.goals.services import GoalEdit
from tracking.pauses.serializers import PauseDaysSerializer
from tracking.pauses.services import PauseEdit
from users.models import User
from users.serializers import ProfileEditSerializer, RegisterSerializer
from users.services import Preferences, ProfileEdit, edit_profile

APPS = ["common", "users", "habits", "tracking", "achievements", "community", "notifications", "integrations"]


def modules(name: str) -> Iterator[tuple[Path, ast.Module]]:
    for app in APPS:
        for path in (Path(settings.BASE_DIR) / app).rglob(name):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def writable(serializer: type[BaseSerializer[Any]]) -> set[str]:
    """Return the names that a validated body can have."""
    instance = serializer()
    assert isinstance(instance, Serializer)
    return {str(field.source) for field in instance.fields.values() if not field.read_only}


@pytest.mark.parametrize(
    ("serializer", "fields", "apart"),
    [
        (RegisterSerializer, Preferences, {"email", "invitation", "username", "password"}),
        (ProfileEditSerializer, ProfileEdit, {"password"}),
        (PauseDaysSerializer, PauseEdit, set()),
        (GoalEditSerializer, GoalEdit, set()),
        (AchievementEditSerializer, AchievementFields, set()),
        (EditChallengeSerializer, ChallengeEdit, set()),
        (EditGroupSerializer, GroupEdit, set()),
        (ReminderEditSerializer, ReminderEdit, set()),
    ],
)
def test_a_body_can_change_exactly_what_the_service_names(
    serializer: type[BaseSerializer[Any]], fields: type, apart: set[str]
) -> None:
    assert writable(serializer) == field_names(fields) | apart


def test_the_body_of_a_habit_gives_exactly_what_the_service_names_and_a_schedule() -> None:
    given = to_service_arguments(dict.fromkeys(writable(HabitInputSerializer), "daily"))
    assert given.keys() == field_names(HabitFields) | {"schedule"}


def test_an_edit_refuses_a_field_that_it_does_not_name() -> None:
    target = User(is_staff=False)
    with pytest.raises(TypeError, match="ProfileEdit has no is_staff"):
        apply_edit(target, {"is_staff": True}, fields=ProfileEdit)
    assert not target.is_staff


def test_the_services_refuse_a_column_that_is_not_named(alice: User) -> None:
    habit = make.habit(alice)
    more: dict[str, Any] = {"is_staff": True}
    with pytest.raises(TypeError, match="is_staff"):
        edit_profile(user=alice, now=alice.date_joined, **more)
    more = {"followers": 7}
    with pytest.raises(TypeError, match="followers"):
        edit_habit(owner=alice, habit_id=habit.pk, now=alice.date_joined, **more)
    assert Habit.objects.get().followers == 0


def test_no_service_takes_any_keyword_whatever() -> None:
    for path, tree in modules("services.py"):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.args.kwarg:
                annotation = node.args.kwarg.annotation
                assert annotation and ast.unparse(annotation).startswith("Unpack["), f"{path}: {node.name}"


def test_serializers_list_their_fields_and_take_none_from_an_example() -> None:
    found = 0
    for path, tree in modules("serializers.py"):
        metas = [each for each in ast.walk(tree) if isinstance(each, ast.ClassDef) and each.name == "Meta"]
        for node in [each for meta in metas for each in meta.body]:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "fields":
                found += 1
                assert isinstance(node.value, ast.List), path
                for each in node.value.elts:
                    inherited = isinstance(each, ast.Starred) and ast.unparse(each.value).endswith("Meta.fields")
                    assert inherited or isinstance(each, ast.Constant), f"{path}: {ast.unparse(each)}"
    assert found > 15
