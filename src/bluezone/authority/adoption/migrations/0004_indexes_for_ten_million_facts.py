from typing import Any

import django.db.models.deletion
from django.db import migrations, models

_REPLACED = ("area", "import_run", "superseded_by")
_KEPT = "fact_superseded_by"


def drop_indexes_of_single_columns(apps: Any, editor: Any) -> None:
    """Those that the framework made. Altering the fields would copy the whole table, three times on SQLite."""
    fact = apps.get_model("adoption", "Fact")
    columns = [[fact._meta.get_field(name).column] for name in _REPLACED]
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, fact._meta.db_table)
    for name, one in found.items():
        if one["index"] and not one["unique"] and one["columns"] in columns and name != _KEPT:
            editor.execute(f"DROP INDEX {editor.quote_name(name)}")


class Migration(migrations.Migration):
    """The newest figure, all that was said of one, and an import's areas are each found in one index."""

    dependencies = [("adoption", "0003_targets"), ("areas", "0002_succession"), ("tabular", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "fact", models.Index(fields=["area", "metric", "as_of"], name="all_said_of_a_figure")
        ),
        migrations.AddIndex(
            "fact",
            models.Index(
                condition=models.Q(("import_run__isnull", False)),
                fields=["import_run", "area"],
                name="facts_of_an_import",
            ),
        ),
        migrations.AddIndex(
            "fact",
            models.Index(
                condition=models.Q(("superseded_by__isnull", False)),
                fields=["superseded_by"],
                name="fact_superseded_by",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(drop_indexes_of_single_columns)],
            state_operations=[
                migrations.AlterField(
                    "fact",
                    "area",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="areas.area",
                    ),
                ),
                migrations.AlterField(
                    "fact",
                    "import_run",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tabular.importrun",
                    ),
                ),
                migrations.AlterField(
                    "fact",
                    "superseded_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supersedes",
                        to="adoption.fact",
                    ),
                ),
            ],
        ),
    ]
