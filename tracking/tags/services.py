"""All writes to tags. Those of one user run one after the other, under the lock of the user's row."""

from collections.abc import Sequence

from django.db import transaction

from common.errors import DomainError
from tracking.models import HabitTrack, Tag, TrackTag
from tracking.tags import rules
from users.models import User


@transaction.atomic
def create(*, user: User, name: str) -> Tag:
    """Create a tag. Raises DomainError invisible_character, max_length, too_many, and unique for a name that is taken."""
    lock_tags(user)
    _check_is_free(user, name)
    return _create(user, [name], field="name")[0]


@transaction.atomic
def rename(*, user: User, tag_id: int, name: str) -> Tag:
    """Rename a tag, on all its tracks. Raises Tag.DoesNotExist, and DomainError as `create` does."""
    lock_tags(user)
    tag = Tag.objects.get(user=user, pk=tag_id)
    rules.check_name(name, field="name")
    _check_is_free(user, name, besides=tag)
    tag.name, tag.name_key = name, rules.key_of(name)
    tag.save(update_fields=["name", "name_key"])
    return tag


@transaction.atomic
def delete(*, user: User, tag_id: int) -> None:
    """Delete a tag and take it off all tracks. Raises Tag.DoesNotExist."""
    lock_tags(user)
    Tag.objects.get(user=user, pk=tag_id).delete()


@transaction.atomic(savepoint=False)
def set_tags(*, track: HabitTrack, names: Sequence[str]) -> None:
    """Give a track exactly the tags of these names; create those that the user does not have.

    A name in another spelling is the same tag, which keeps its own spelling. The caller holds the locks of the user's
    tags and of the track. Raises DomainError invisible_character, max_length, too_many.
    """
    wanted: dict[str, str] = {}
    for name in names:
        rules.check_name(name, field="tags")
        wanted.setdefault(rules.key_of(name), name)
    if len(wanted) > rules.MAX_PER_TRACK:
        raise DomainError("too_many", f"A habit can have up to {rules.MAX_PER_TRACK} tags.", "tags")
    found = {tag.name_key: tag for tag in Tag.objects.filter(user=track.user_id, name_key__in=wanted)}
    missing = [name for key, name in wanted.items() if key not in found]
    tags = [*found.values(), *(_create(track.user, missing, field="tags") if missing else ())]
    given = TrackTag.objects.filter(track=track)
    given.exclude(tag__in=tags).delete()
    has = set(given.values_list("tag", flat=True))
    TrackTag.objects.bulk_create(TrackTag(track=track, tag=tag) for tag in tags if tag.pk not in has)


def lock_tags(user: User) -> None:
    """Lock the user's tags until the transaction ends. Taken before the lock of a track."""
    User.objects.select_for_update(no_key=True).only("pk").get(pk=user.pk)


def _create(user: User, names: Sequence[str], *, field: str) -> list[Tag]:
    for name in names:
        rules.check_name(name, field=field)
    if Tag.objects.filter(user=user).count() + len(names) > rules.MAX_TAGS:
        raise DomainError("too_many", f"You can have up to {rules.MAX_TAGS} tags. Delete one first.", field)
    return Tag.objects.bulk_create(Tag(user=user, name=name, name_key=rules.key_of(name)) for name in names)


def _check_is_free(user: User, name: str, *, besides: Tag | None = None) -> None:
    same = Tag.objects.filter(user=user, name_key=rules.key_of(name)).first()
    if same is not None and same != besides:
        raise DomainError("unique", "You already have a tag of this name.", "name")
