"""What people see of their own sessions, kept beside the sessions themselves."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("accounts", "0002_sessions_of_a_user_end"),)

    operations = (
        migrations.CreateModel(
            name="StaffSession",
            fields=[
                ("row_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("epoch", models.PositiveIntegerField()),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("browser", models.CharField(max_length=32)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    )
