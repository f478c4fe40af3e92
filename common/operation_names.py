"""The names of the API's operations, by which generated clients call their functions. Pure.

A name depends on method and path alone, so that no other operation changes it: a verb, then the words of the path with
the singular before an id. Where that reads badly, NAMES has the name.
"""

import re

NAMES = {
    "GET /achievements/mine/": "list_my_achievements",
    "PUT /calendar/": "turn_on_calendar",
    "DELETE /calendar/": "turn_off_calendar",
    "POST /calendar/new-address/": "replace_calendar_address",
    "GET /challenges/by-code/": "find_challenge_by_code",
    "POST /challenges/by-code/": "join_challenge_by_code",
    "POST /challenges/{challenge_id}/code/": "replace_challenge_code",
    "PUT /digest/": "set_digest",
    "GET /export/": "list_exports",
    "POST /export/": "make_export",
    "GET /export/{export_id}/": "get_export",
    "DELETE /export/{export_id}/": "delete_export",
    "GET /export/{export_id}/file/": "fetch_export",
    "POST /imports/": "upload_import",
    "GET /tracks/{track_id}/logs.csv": "get_logs_as_csv",
    "GET /groups/by-code/": "find_group_by_code",
    "POST /groups/by-code/": "join_group_by_code",
    "POST /groups/{group_id}/code/": "replace_group_code",
    "GET /groups/{group_id}/feed/": "list_group_posts",
    "POST /groups/{group_id}/feed/": "post_to_group",
    "POST /groups/{group_id}/habits/": "add_group_habit",
    "DELETE /groups/{group_id}/habits/{habit_id}/": "remove_group_habit",
    "DELETE /groups/{group_id}/members/{username}/": "remove_group_member",
    "PUT /groups/{group_id}/owner/": "set_group_owner",
    "DELETE /groups/{group_id}/habits/{habit_id}/follow/": "unfollow_group_habit",
    "GET /habits/public/": "list_public_habits",
    "GET /habits/public/{id}/": "get_public_habit",
    "GET /habits/templates/": "list_habit_templates",
    "GET /leaderboards/current/": "get_current_leaderboard",
    "GET /leaderboards/longest/": "get_longest_leaderboard",
    "GET /leaderboards/month/": "get_month_leaderboard",
    "GET /leaderboards/week/": "get_week_leaderboard",
    "GET /limits/": "get_limits",
    "POST /password/reset/": "request_password_reset",
    "POST /password/reset/check/": "check_password_reset",
    "POST /password/reset/confirm/": "confirm_password_reset",
    "GET /progress/": "list_progress",
    "POST /register/": "register",
    "POST /register/confirm/": "confirm_registration",
    "POST /register/resend/": "resend_confirmation",
    "GET /tg/link/": "get_chat",
    "POST /tg/link/": "connect_chat",
    "DELETE /tg/link/": "disconnect_chat",
    "POST /tg/webhook/": "receive_telegram_update",
    "GET /summary/trend.svg": "draw_trend",
    "GET /today/": "list_today",
    "POST /token/": "sign_in",
    "POST /token/link/": "sign_in_by_link",
    "POST /token/refresh/": "refresh_token",
    "POST /token/revoke/": "sign_out",
    "PUT /tracks/order/": "set_track_order",
    "GET /tracks/{track_id}/heatmap.svg": "draw_heatmap",
    "GET /tracks/{track_id}/logs/": "list_logs",
    "POST /tracks/{track_id}/logs/bulk/": "set_days",
    "GET /tracks/{track_id}/logs/{day}/": "get_log",
    "PUT /tracks/{track_id}/logs/{day}/": "set_day",
    "DELETE /tracks/{track_id}/logs/{day}/": "clear_day",
    "POST /tracks/{track_id}/logs/{day}/add/": "add_to_day",
    "GET /users/me/": "get_me",
    "PUT /users/me/": "replace_me",
    "PATCH /users/me/": "update_me",
    "DELETE /users/me/": "delete_me",
    "GET /users/me/access/": "get_access",
    "GET /users/me/sessions/": "list_sessions",
    "POST /users/me/sessions/end-others/": "end_other_sessions",
    "DELETE /users/me/sessions/{id}/": "end_session",
}
VERBS = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
ALWAYS_SINGULAR = frozenset({"access", "progress"})
IRREGULAR = {"people": "person"}


def operation_name(method: str, path: str) -> str:
    """Return the name of the operation of a path without the API's own: "GET", "/habits/{id}/" is get_habit.

    The last word of `POST /keys/{id}/rotate/` is what is done with the one thing: rotate_key.
    """
    if (known := NAMES.get(f"{method} {path}")) is not None:
        return known
    parts = [each for each in path.split("/") if each]
    follows_id = len(parts) > 1 and parts[-2].startswith("{")
    ends_with_id = parts[-1].startswith("{")
    words = [
        _singular(word) if index + 1 < len(parts) and parts[index + 1].startswith("{") else word
        for index, word in enumerate(parts)
        if not word.startswith("{")
    ]
    if method == "POST" and ends_with_id:
        words = ["add", *words]
    elif method == "POST":
        if not _is_plural(words[-1]) and len(words) > 1:
            words = [words[-1], *words[:-1]] if follows_id or len(words) == 2 else ["post", *words]
        else:
            words = ["create", *words[:-1], _singular(words[-1])]
    elif method == "GET" and not ends_with_id and _is_plural(words[-1]):
        words = ["list", *words]
    else:
        words = [VERBS[method], *words]
    return re.sub(r"[^a-z0-9]+", "_", "_".join(words).lower()).strip("_")


def _is_plural(word: str) -> bool:
    return word in IRREGULAR or (word.endswith("s") and word not in ALWAYS_SINGULAR)


def _singular(word: str) -> str:
    if not _is_plural(word):
        return word
    if word in IRREGULAR:
        return IRREGULAR[word]
    return f"{word.removesuffix('ies')}y" if word.endswith("ies") else word.removesuffix("s")
