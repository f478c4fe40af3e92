"""A TypeScript client: types of the API's document, and a program that uses them and compiles."""

import pytest
from django.test import Client

from tests.clients import node


@pytest.mark.django_db
def test_a_typescript_program_that_uses_the_api_compiles(client: Client) -> None:
    node.install()
    generated = node.FOLDER / "generated"
    generated.mkdir(exist_ok=True)
    document = generated / "openapi.json"
    document.write_bytes(client.get("/api/openapi.json").content)
    node.run(
        "openapi-typescript/bin/cli.js", document, "--output", generated / "api.ts", "--default-non-nullable=false"
    )
    node.run("typescript/bin/tsc", "--project", node.FOLDER / "tsconfig.json")
