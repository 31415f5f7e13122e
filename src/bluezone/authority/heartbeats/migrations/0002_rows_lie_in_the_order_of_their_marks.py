from django.db import migrations

from bluezone.authority.heartbeats.row_key import RowKey


class Migration(migrations.Migration):
    """On SQLite rows had a number besides, in the order in which they came."""

    dependencies = [("heartbeats", "0001_initial")]

    operations = [migrations.AlterField("heartbeat", "mark", RowKey(primary_key=True, serialize=False))]
