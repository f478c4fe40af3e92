"""The documents name only existing files, functions, constraints and variables, and all required ones."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from django.apps import apps

from tests.chaos.fault_kinds import all_kinds

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
README = (ROOT / "README.md").read_text()
RULES = (ROOT / "docs/rules.md").read_text()
SAMPLE = (ROOT / ".env.sample").read_text()
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^( *)```.*?^\1```", re.MULTILINE | re.DOTALL)
VARIABLE = re.compile(r"[A-Z][A-Z0-9]*_[A-Z0-9_]+|DEBUG|PORT|HOST")
# Variables that are not read by config.env.read.
READ_ELSEWHERE = {
    "POSTGRES_HOST": "config/env.py",
    "POSTGRES_DB": "config/env.py",
    "POSTGRES_USER": "config/env.py",
    "POSTGRES_PASSWORD": "config/env.py",
}


def prose(page: Path) -> str:
    """Return the page without its code blocks."""
    return FENCED.sub("", page.read_text())


def rows(text: str, heading: str) -> Iterator[list[str]]:
    """Yield the cells of the rows of the first table under a heading."""
    section = text.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    yield from all_rows(section)


def all_rows(text: str) -> Iterator[list[str]]:
    """Yield the cells of the rows of all tables, without their heads."""
    lines = text.splitlines()
    for before, line in pairwise(["", *lines]):
        is_head = not before.startswith("|")
        if line.startswith("|") and not line.startswith("|---") and not is_head:
            yield [cell.strip() for cell in line.strip("|").split("|")]


@cache
def defined(path: Path) -> set[str]:
    """Return the names that a module defines: functions, classes, Class.method, assignments."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                names.add(node.name)
            case ast.ClassDef():
                names.add(node.name)
                names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
            case ast.Assign():
                names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names


def variables_read() -> dict[str, str]:
    """Return every environment variable that the service reads, and the module that reads it."""
    found = dict(READ_ELSEWHERE)
    for module in ("config/settings.py", "config/env.py"):
        found |= dict.fromkeys(re.findall(r'\b(?:read|raw)\(\s*"([A-Z0-9_]+)"', (ROOT / module).read_text()), module)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_resolves(page: Path) -> None:
    targets = [target.partition("#")[0] for target in LINK.findall(prose(page)) if "://" not in target]
    missing = [target for target in targets if target and not (page.parent / target).exists()]
    assert missing == []


def test_every_document_is_linked_from_the_readme() -> None:
    linked = {(ROOT / target).resolve() for target in LINK.findall(README) if "://" not in target}
    assert {page for page in PAGES if page.name != "README.md"} <= linked


@pytest.mark.parametrize("row", list(all_rows(RULES)), ids=lambda row: row[0][:60])
def test_each_rule_names_an_existing_function(row: list[str]) -> None:
    _, file, function = row
    link = LINK.search(file)
    assert link
    assert function.strip("`") in defined((ROOT / "docs" / link[1]).resolve())


def test_no_rule_is_missing() -> None:
    named = {function.strip("`") for _, _, function in all_rows(RULES)}
    tree = ast.parse((ROOT / "habits/rules.py").read_text())
    checked = next(
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "RULES"
    )
    assert isinstance(checked, ast.Tuple)
    assert {rule.id for rule in checked.elts if isinstance(rule, ast.Name)} <= named


@pytest.mark.parametrize("name", sorted(variables_read()))
def test_every_variable_is_read_and_explained_in_the_sample(name: str) -> None:
    assert f'"{name}"' in (ROOT / variables_read()[name]).read_text()
    assert re.search(rf"^{name}=", SAMPLE, re.MULTILINE)


def test_every_variable_of_the_sample_is_read() -> None:
    assert set(re.findall(r"^([A-Z][A-Z0-9_]+)=", SAMPLE, re.MULTILINE)) <= set(variables_read())


def test_the_deployment_page_names_only_variables_that_are_read() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    table = [name for row in rows(page, "The environment") for name in VARIABLE.findall(row[0])]
    assert table
    assert set(table) <= set(variables_read())


def test_the_deployment_page_names_every_limit_once() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    named = [name for row in rows(page, "The environment") for name in VARIABLE.findall(row[0])]
    limits = [name for name in variables_read() if name.startswith("THROTTLE_")]
    assert sorted(name for name in named if name.startswith("THROTTLE_")) == sorted(limits)


@pytest.mark.parametrize("heading", ["A plain server", "PythonAnywhere"])
def test_an_installation_from_git_builds_the_client(heading: str) -> None:
    section = (ROOT / "docs/deployment.md").read_text().split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    assert section.index("build_client") > section.index("pip install")


def test_an_upgrade_by_git_builds_the_client() -> None:
    table = [" ".join(row) for row in rows((ROOT / "docs/upgrade.md").read_text(), "What an upgrade does")]
    assert any("manage.py build_client" in row for row in table)


def test_the_deployment_page_sets_only_variables_that_are_read() -> None:
    page = (ROOT / "docs/deployment.md").read_text()
    known = {*variables_read(), "DISABLE_COLLECTSTATIC", "PYTHONUNBUFFERED"}
    assert set(re.findall(r"\b([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|PYTHONUNBUFFERED)=", page)) <= known


def test_the_data_model_names_every_table_and_constraint() -> None:
    page = (ROOT / "docs/data-model.md").read_text()
    ours = [each for each in apps.get_models() if (ROOT / each._meta.app_label / "migrations").is_dir()]
    missing = [each.__name__ for each in ours if not re.search(rf"^    {each.__name__} {{$", page, re.MULTILINE)]
    missing += [f"row of {each.__name__}" for each in ours if f"| `{each.__name__}` |" not in page]
    missing += [rule.name for each in ours for rule in each._meta.constraints if f"`{rule.name}`" not in page]
    assert {each._meta.app_label for each in ours} >= {"users", "tracking", "integrations"}
    assert not missing


def test_every_test_in_the_table_of_faults_exists() -> None:
    table = (ROOT / "docs" / "faults.md").read_text()
    for cell in re.findall(r"^\| \d+ \|[^|]*\|([^|]*)\|", table, re.MULTILINE):
        source = ""
        for file, name in re.findall(r"`(?:([\w/]+\.py)(?:::)?)?([\w:]*)`", cell):
            source = (ROOT / "tests" / file).read_text() if file else source
            missing = [part for part in name.split("::") if part and not re.search(rf"(class|def) {part}\b", source)]
            assert not missing, cell


def test_the_table_of_fault_kinds_names_exactly_those_that_are_played() -> None:
    table = rows((ROOT / "docs" / "faults.md").read_text(), "What goes wrong")
    named = [name for row in table for name in row[0].split("; ")]
    assert sorted(named) == sorted(kind.name for kind in all_kinds([]))
