"""How often a message may have been taken is counted: such tries are few, since each may be paid."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("keys", "0007_publishers_share_no_lock"),)

    operations = (
        migrations.AddField(
            model_name="smsmessage",
            name="unclear_tries",
            field=models.PositiveSmallIntegerField(default=0),
        ),
    )
