"""Load what the rules and serializers read from the tracks of a list. Reads only."""

from collections.abc import Iterable

from habits.models import Habit, version_of
from tracking.models import HabitTrack
from tracking.tracks.plans import load_versions, load_versions_of_user
from users.models import User


def load_related(tracks: Iterable[HabitTrack], users: Iterable[User]) -> list[HabitTrack]:
    """Return the tracks with what `queries.with_related` loads: users, owners, linked habits and versions.

    `users`: the tracks' users. They, and owners, are one instance each: with a join there would be one for each track,
    which costs more than all rules. One query, and one each if there are habits of other owners, or linked habits.
    """
    tracks, known = list(tracks), {user.pk: user for user in users}
    habits = [track.habit for track in tracks]
    if len(known) == 1:
        versions = load_versions_of_user(*known) if habits else {}
    else:
        versions = load_versions({habit.pk for habit in habits})
    others = {habit.owner_id for habit in habits if habit.owner_id} - set(known)
    owners = {**known, **User.everyone.only("username", "is_active").in_bulk(others)}
    linked_ids = {habit.linked_habit_id for habit in habits if habit.linked_habit_id}
    linked = Habit.objects.only("is_published", "owner").in_bulk(linked_ids)
    for track, habit in zip(tracks, habits, strict=True):
        track.user = known[track.user_id]
        habit.remember_versions(tuple(version_of(*columns) for columns in versions[habit.pk]))
        if habit.owner_id:
            habit.owner = owners.get(habit.owner_id)  # None: deleted meanwhile
        if habit.linked_habit_id:
            habit.linked_habit = linked.get(habit.linked_habit_id)
    return tracks
