"""Vacuums the tables that every minute changes sooner than PostgreSQL would, and leaves room in their pages."""

from django.db import migrations

# A fifth of a table's rows dead, the default, is millions here. What is updated without touching an index finds room
# on its own page (fillfactor); of the others only vacuuming helps.
SETTINGS = {
    "notifications_delivery": {
        "fillfactor": "85",
        "autovacuum_vacuum_scale_factor": "0.02",
        "autovacuum_vacuum_insert_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.02",
    },
    "notifications_reminder": {"autovacuum_vacuum_scale_factor": "0.02", "autovacuum_analyze_scale_factor": "0.05"},
    "tracking_habittrack": {
        "fillfactor": "85",
        "autovacuum_vacuum_scale_factor": "0.02",
        "autovacuum_analyze_scale_factor": "0.05",
    },
    "tracking_habitlog": {"autovacuum_vacuum_scale_factor": "0.05", "autovacuum_analyze_scale_factor": "0.02"},
}


def set_all(apps, schema_editor):
    _alter(schema_editor, "SET ({})", lambda settings: ", ".join(f"{name} = {value}" for name, value in settings.items()))


def reset_all(apps, schema_editor):
    _alter(schema_editor, "RESET ({})", ", ".join)


def _alter(schema_editor, action, words):
    if schema_editor.connection.vendor == "postgresql":
        for table, settings in SETTINGS.items():
            schema_editor.execute(f"ALTER TABLE {table} {action.format(words(settings))}")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0003_digest"), ("tracking", "0001_initial")]

    operations = [migrations.RunPython(set_all, reset_all)]
