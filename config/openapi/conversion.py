"""Turn a Swagger 2.0 document into one of OpenAPI 3.1. Pure.

It does so for what the library that writes the Swagger document can write; what it cannot (cookies, callbacks, several
types of one body) is not looked for. Sources: the two specifications, and JSON Schema 2020-12.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Node = dict[str, Any]

VERSION = "3.1.1"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
JSON = "application/json"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
DEFINITIONS, SCHEMAS = "#/definitions/", "#/components/schemas/"
ERROR = "Error"  # the component of what every refusal answers
COLLECTIONS = {  # how Swagger joins the values of a list, as `style` and `explode`
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
}
# Of a parameter, all else describes its value.
_OF_PARAMETER = {"name", "in", "description", "required", "schema", "collectionFormat", "allowEmptyValue"}


def convert(swagger: Mapping[str, Any], *, server: str, webhooks: Mapping[str, Any] | None = None) -> Node:
    """Return the OpenAPI 3.1 document of the same operations.

    `server`: the address of the paths. `webhooks`: what the service sends, by name, in OpenAPI 3.1 already.
    """
    swagger = _say_null_where_it_is_used(swagger)
    schemas = {name: _schema(each) for name, each in swagger.get("definitions", {}).items()}
    paths = {path: _path(methods, swagger) for path, methods in swagger["paths"].items()}
    errors = _share_errors(paths)
    document: Node = {
        "openapi": VERSION,
        "info": dict(swagger["info"]),
        "servers": [{"url": server}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": paths,
        "components": {
            "schemas": schemas | ({ERROR: errors} if errors else {}),
            "securitySchemes": _security_schemes(swagger.get("securityDefinitions", {})),
        },
    }
    if "security" in swagger:
        document["security"] = swagger["security"]
    if webhooks:
        document["webhooks"] = dict(webhooks)
    _separate_requests_from_answers(document)
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Node]]:
    """Yield path, method and operation of each operation of a document of either version."""
    for path, methods in document["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


def _say_null_where_it_is_used(swagger: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document with definitions that cannot be null: instead, what refers to such a one can be null.

    Otherwise a generated client has no class for the definition.
    """
    definitions = swagger.get("definitions", {})
    nullable = {f"{DEFINITIONS}{name}" for name, each in definitions.items() if each.get("x-nullable")}

    def rewritten(part: Any) -> Any:
        if isinstance(part, Mapping):
            if part.get("$ref") in nullable:
                return {"allOf": [{"$ref": part["$ref"]}], "x-nullable": True}
            return {key: rewritten(value) for key, value in part.items()}
        return [rewritten(each) for each in part] if isinstance(part, list) else part

    found: Node = rewritten(swagger)
    for each in found.get("definitions", {}).values():
        each.pop("x-nullable", None)
    return found


def _path(methods: Mapping[str, Any], swagger: Mapping[str, Any]) -> Node:
    converted: Node = {name: _operation(methods[name], swagger) for name in METHODS if name in methods}
    if shared := methods.get("parameters"):
        converted["parameters"] = [_parameter(each) for each in shared]
    return converted


def _operation(operation: Mapping[str, Any], swagger: Mapping[str, Any]) -> Node:
    kept = {
        key: operation[key]
        for key in ("operationId", "summary", "description", "tags", "deprecated", "security")
        if key in operation
    }
    parameters = operation.get("parameters", [])
    produces = operation.get("produces") or swagger.get("produces") or [JSON]
    consumes = operation.get("consumes") or swagger.get("consumes") or [JSON]
    converted: Node = kept | {
        "parameters": [_parameter(each) for each in parameters if each["in"] not in {"body", "formData"}],
    }
    if body := _body(parameters, consumes):
        converted["requestBody"] = body
    converted["responses"] = {
        status: _response(status, each, produces) for status, each in operation["responses"].items()
    }
    return converted


def _parameter(parameter: Mapping[str, Any]) -> Node:
    """Return a parameter of a path, a query or a header."""
    value = {key: each for key, each in parameter.items() if key not in _OF_PARAMETER}
    converted: Node = {"name": parameter["name"], "in": parameter["in"]}
    if description := parameter.get("description"):
        converted["description"] = description
    converted["required"] = parameter["in"] == "path" or parameter.get("required", False)
    if parameter.get("type") == "array":
        converted["style"], converted["explode"] = COLLECTIONS[parameter.get("collectionFormat", "csv")]
    converted["schema"] = _schema(value)
    return converted


def _body(parameters: Sequence[Mapping[str, Any]], consumes: Sequence[str]) -> Node | None:
    """Return the request's body, from the parameter `body` or from those of a form; None without any."""
    for each in parameters:
        if each["in"] == "body":
            types = [found for found in consumes if found not in FORMS] or [JSON]
            return {
                "required": each.get("required", False),
                "content": {found: {"schema": _schema(each["schema"])} for found in types},
            }
    fields = [each for each in parameters if each["in"] == "formData"]
    if not fields:
        return None
    required = [each["name"] for each in fields if each.get("required")]
    form: Node = {"type": "object", "properties": {each["name"]: _form_field(each) for each in fields}}
    if required:
        form["required"] = required
    types = [found for found in consumes if found in FORMS] or [FORMS[0]]
    if any(each.get("type") == "file" for each in fields):
        types = [FORMS[0]]
    return {"required": bool(required), "content": {found: {"schema": form} for found in types}}


def _form_field(parameter: Mapping[str, Any]) -> Node:
    value = {key: each for key, each in parameter.items() if key not in _OF_PARAMETER}
    if description := parameter.get("description"):
        value["description"] = description
    return _schema(value)


def _response(status: str, response: Mapping[str, Any], produces: Sequence[str]) -> Node:
    """Return a response. A refusal is JSON, whatever the operation answers otherwise."""
    converted: Node = {"description": response.get("description", "")}
    examples = response.get("examples", {})
    if "schema" in response or examples:
        is_file = response.get("schema", {}).get("type") == "file"
        types = [JSON] if status >= "400" else [each for each in produces if each != JSON or len(produces) == 1]
        content: Node = {}
        for each in types:
            # 3.1 describes bytes by their media type alone.
            found: Node = {} if is_file or "schema" not in response else {"schema": _schema(response["schema"])}
            if each in examples:
                found["example"] = examples[each]
            content[each] = found
        converted["content"] = content
    if headers := response.get("headers"):
        converted["headers"] = {
            name: {
                "description": each.get("description", ""),
                "schema": _schema({key: value for key, value in each.items() if key != "description"}),
            }
            for name, each in headers.items()
        }
    return converted


def _schema(schema: Mapping[str, Any]) -> Node:
    """Return a schema in JSON Schema 2020-12.

    `x-nullable` becomes the type null; a `$ref` that may be null, or has a description beside it, stays valid; titles of
    properties go, since they only say the name once more and generated clients would name their types by them.
    """
    nullable = bool(schema.get("x-nullable"))
    converted: Node = {}
    for key, value in schema.items():
        if key in {"x-nullable", "collectionFormat", "discriminator"}:
            continue
        if key == "$ref":
            converted[key] = value.replace(DEFINITIONS, SCHEMAS)
        elif key == "properties":
            converted[key] = {name: _without_title(_schema(each)) for name, each in value.items()}
        elif key == "items" or (key == "additionalProperties" and isinstance(value, Mapping)):
            converted[key] = _without_title(_schema(value))
        elif key in {"allOf", "anyOf", "oneOf"}:
            converted[key] = [_schema(each) for each in value]
        elif key == "example":
            converted["examples"] = [value]
        elif key in {"exclusiveMinimum", "exclusiveMaximum"} and isinstance(value, bool):
            if value:
                converted[key] = schema[key.replace("exclusiveM", "m")]
        elif key in {"minimum", "maximum"} and schema.get(f"exclusive{key.capitalize()}") is True:
            continue
        elif key == "type" and value == "file":
            converted |= {"type": "string", "contentMediaType": "application/octet-stream"}
        elif key == "format" and value == "binary":
            converted["contentMediaType"] = "application/octet-stream"
        else:
            converted[key] = value
    return _or_null(converted) if nullable else converted


def _or_null(schema: Node) -> Node:
    """Return the schema that also admits null."""
    if "$ref" in schema or "allOf" in schema:
        kept: Node = {key: schema[key] for key in ("description", "readOnly") if key in schema}
        rest = {key: value for key, value in schema.items() if key not in kept}
        [rest] = rest["allOf"] if len(rest.get("allOf", [])) == 1 and len(rest) == 1 else [rest]
        return {"anyOf": [rest, {"type": "null"}], **kept}
    if "type" not in schema:
        return schema  # it admits everything
    admitted: Node = schema | {"type": [schema["type"], "null"]}
    if "enum" in schema and None not in schema["enum"]:
        admitted["enum"] = [*schema["enum"], None]
    return admitted


def _without_title(schema: Node) -> Node:
    return {key: value for key, value in schema.items() if key != "title"}


def _security_schemes(definitions: Mapping[str, Any]) -> Node:
    """Return the schemes; a header `Authorization` for bearers is the scheme that 3.1 has for it."""
    schemes: Node = {}
    for name, each in definitions.items():
        if each.get("type") == "apiKey" and each.get("name") == "Authorization":
            schemes[name] = {"type": "http", "scheme": "bearer", "description": each.get("description", "")}
        elif each.get("type") == "basic":
            schemes[name] = {"type": "http", "scheme": "basic"}
        else:
            schemes[name] = dict(each)
    return schemes


def _tags(paths: Mapping[str, Any]) -> list[str]:
    """Return the tags of all operations, each once, in the order of the paths."""
    found = (tag for methods in paths.values() for method in METHODS for tag in methods.get(method, {}).get("tags", []))
    return list(dict.fromkeys(found))


def _share_errors(paths: Mapping[str, Any]) -> Node | None:
    """Refer to one schema from every refusal that has the same as the first, and return it; None without refusals."""
    shared: Node | None = None
    for methods in paths.values():
        for method in METHODS:
            for status, response in methods.get(method, {}).get("responses", {}).items():
                body = response.get("content", {}).get(JSON, {})
                if status >= "400" and "schema" in body:
                    shared = shared or body["schema"]
                    if body["schema"] == shared:
                        body["schema"] = {"$ref": SCHEMAS + ERROR}
    return shared


def _separate_requests_from_answers(document: Node) -> None:
    """Describe what a request may say apart from what an answer has, since a generated client builds one and reads the other.

    Requests have no read-only fields: they are accepted, but nobody has to give them. Answers have every field, but for
    those that a schema names in `x-optional`. A schema of both becomes two, `Tag` and `TagRequest`.
    """
    schemas: dict[str, Node] = document["components"]["schemas"]
    bodies = [each["requestBody"] for _, _, each in operations(document) if "requestBody" in each]
    answers = [each["responses"] for _, _, each in operations(document)] + [document.get("webhooks", {})]
    asked, answered = _reachable(bodies, schemas), _reachable(answers, schemas)
    request_name = {name: f"{name}Request" if name in answered else name for name in asked}
    for name, copy in request_name.items():
        schemas[copy] = _refer(_without_read_only(schemas[name]), request_name)
    for body in bodies:
        body["content"] = _refer(body["content"], request_name)
    for name in answered:
        schema = schemas[name]
        optional = schema.pop("x-optional", [])
        if required := [each for each in schema.get("properties", {}) if each not in optional]:
            schema["required"] = required


def _reachable(parts: Sequence[Any], schemas: Mapping[str, Node]) -> list[str]:
    """Return the components that parts refer to, directly or through others, in the order of `schemas`."""
    found: set[str] = set()
    open_parts = list(parts)
    while open_parts:
        new = {name for name in _references(open_parts.pop()) if name not in found}
        found |= new
        open_parts += [schemas[name] for name in new]
    return [name for name in schemas if name in found]


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, Mapping):
        for key, value in part.items():
            if key == "$ref" and isinstance(value, str):
                yield value.removeprefix(SCHEMAS)
            else:
                yield from _references(value)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


def _refer(part: Any, names: Mapping[str, str]) -> Any:
    """Return a part with its references to components renamed."""
    if isinstance(part, Mapping):
        return {
            key: SCHEMAS + names.get(value.removeprefix(SCHEMAS), value.removeprefix(SCHEMAS))
            if key == "$ref" and isinstance(value, str)
            else _refer(value, names)
            for key, value in part.items()
        }
    return [_refer(each, names) for each in part] if isinstance(part, list) else part


def _without_read_only(schema: Node) -> Node:
    if "properties" not in schema:
        return dict(schema)
    kept = {name: each for name, each in schema["properties"].items() if not each.get("readOnly")}
    rest = {key: value for key, value in schema.items() if key not in {"properties", "required", "x-optional"}}
    required = [name for name in schema.get("required", []) if name in kept]
    return rest | {"properties": kept} | ({"required": required} if required else {})
