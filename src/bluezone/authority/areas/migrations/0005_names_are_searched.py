"""Areas have their names without diacritics, which is what a search compares."""

from django.db import migrations

import bluezone.authority.tabular.plain_field
from bluezone.authority.tabular.spelling import plain

_BATCH = 2_000


def fill(apps, _schema_editor):
    """Of the areas that are there already."""
    areas = apps.get_model("areas", "Area").objects
    batch = []
    for one in areas.only("pk", "name").iterator():
        one.plain_name = plain(one.name)
        batch.append(one)
        if len(batch) == _BATCH:
            areas.bulk_update(batch, ["plain_name"], batch_size=200)
            batch = []
    areas.bulk_update(batch, ["plain_name"], batch_size=200)


class Migration(migrations.Migration):

    dependencies = [
        ('areas', '0004_boundaries'),
    ]

    operations = [
        migrations.AddField(
            model_name='area',
            name='plain_name',
            field=bluezone.authority.tabular.plain_field.PlainField(default='', max_length=200, of='name'),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
