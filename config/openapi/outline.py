"""The OpenAPI document without what is for people to read: what the web client's types are made of."""

import json
from typing import Any

NO_TYPES = {"description", "summary", "example", "examples", "title", "tags", "security"}
NO_TYPES |= {"minimum", "maximum"}  # those of columns differ by the database
NAMES = {"properties", "schemas", "paths", "responses", "content"}  # their keys are names, not keywords


def outline(document: dict[str, Any]) -> str:
    """Return the paths and schemas as JSON. It changes only when types do."""
    parts = {"openapi": document["openapi"], "info": {"title": "API", "version": "1"}}
    parts |= {name: _without_texts(document[name], is_names=name == "paths") for name in ("paths", "components")}
    parts["components"].pop("securitySchemes", None)
    return json.dumps(parts, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _without_texts(part: Any, *, is_names: bool = False) -> Any:
    if isinstance(part, list):
        return [_without_texts(item) for item in part]
    if not isinstance(part, dict):
        return part
    kept = {
        name: _without_texts(value, is_names=name in NAMES and not is_names)
        for name, value in part.items()
        if is_names or name not in NO_TYPES
    }
    if "responses" in kept and not is_names:  # each must have a description
        kept["responses"] = {status: {"description": "", **answer} for status, answer in kept["responses"].items()}
    return kept
