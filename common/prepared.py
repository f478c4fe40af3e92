"""Queries that are made once for each process, and then only given their values.

Django builds a queryset and its SQL at each call, which takes several times as long as the database takes to answer.
What every check-off asks is prepared: written as an ordinary queryset that has `Given` where a value differs each time.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db import connection, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression
from django.db.models.sql import UpdateQuery

from common.limits import MAX_ID

M = TypeVar("M", bound=models.Model)


class Given(Expression):
    """A value of a prepared query that each call gives by its name. `field` decides how it is passed to the database."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        # It stands for itself among the parameters, until `_parameters` replaces it.
        return "%s", [self]


def given(model: type[models.Model], column: str, name: str = "") -> Given:
    """Return a `Given` of a column's type, such as "user_id"; by default under the column's name."""
    field: Any = model._meta.get_field(column)
    return Given(name or column, field.target_field if field.is_relation else field)


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The SQL of a query, its parameters in order, and by column how a database's values become Python's."""

    sql: str
    parameters: tuple[Any, ...]
    converters: Mapping[int, tuple[list[Callable[..., Any]], Any]]
    locks: bool


class Prepared:
    """A queryset of `values_list`, made by `build` at its first use. Call it for its rows."""

    def __init__(self, build: Callable[[], models.QuerySet[Any, Any]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}  # by vendor

    def __call__(self, **values: Any) -> list[tuple[Any, ...]]:
        """Return the rows for the given values. A number that no column can hold matches nothing."""
        if any(isinstance(value, int) and abs(value) > MAX_ID for value in values.values()):
            return []
        made = self._compiled.get(connection.vendor) or self._compile()
        if made.locks and connection.get_autocommit():
            raise transaction.TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        with connection.cursor() as cursor:
            cursor.execute(made.sql, _parameters(made, values))
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        return [_converted(row, made, connection) for row in rows] if made.converters else rows

    def _compile(self) -> _Compiled:
        query = self._build().query
        compiler = query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        select: Any = compiler.select
        converters = compiler.get_converters([column[0] for column in select[: compiler.col_count]])
        made = _Compiled(sql, tuple(parameters), converters, query.select_for_update)
        return self._compiled.setdefault(connection.vendor, made)


class PreparedUpdate:
    """An update of `columns` of the rows of a queryset, made by `build` at its first use."""

    def __init__(self, build: Callable[[], models.QuerySet[Any, Any]], columns: tuple[str, ...]) -> None:
        self._build, self._columns = build, columns
        self._compiled: dict[str, _Compiled] = {}

    def __call__(self, **values: Any) -> int:
        """Set the columns and return the number of rows; the values are those of the columns and of the queryset."""
        made = self._compiled.get(connection.vendor) or self._compile()
        with connection.cursor() as cursor:
            cursor.execute(made.sql, _parameters(made, values))
            return int(cursor.rowcount)

    def _compile(self) -> _Compiled:
        rows = self._build()
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values({name: given(rows.model, name) for name in self._columns})
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        return self._compiled.setdefault(connection.vendor, _Compiled(sql, tuple(parameters), {}, locks=False))


class Columns(Generic[M]):
    """Columns of a model, as `values_list` names them, and the instance that a row of them makes.

    `path`: what leads to the model from that of the queryset, such as "user__". `only`: some of them; an instance reads
    the others when they are asked for, as after QuerySet.only.
    """

    def __init__(self, model: type[M], path: str = "", *, only: Collection[str] = ()) -> None:
        names = [field.attname for field in model._meta.concrete_fields]
        assert set(only) <= set(names), only
        self._model = model
        self._names = [name for name in names if not only or name in only]
        self.paths = [f"{path}{name}" for name in self._names]

    def __len__(self) -> int:
        return len(self._names)

    def instance(self, row: tuple[Any, ...], *, start: int = 0) -> M:
        """Return the instance that the columns from `start` on make, as if a queryset had loaded it."""
        return self._model.from_db(connection.alias, self._names, row[start : start + len(self._names)])


def _parameters(made: _Compiled, values: Mapping[str, Any]) -> list[Any]:
    return [
        each.output_field.get_db_prep_save(values[each.name], connection=connection)
        if isinstance(each, Given)
        else each
        for each in made.parameters
    ]


def _converted(row: tuple[Any, ...], made: _Compiled, using: BaseDatabaseWrapper) -> tuple[Any, ...]:
    values = list(row)
    for position, (converters, expression) in made.converters.items():
        for convert in converters:
            values[position] = convert(values[position], expression, using)
    return tuple(values)
