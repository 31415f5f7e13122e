import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """What share of its smartphones an area is to reach, by a day."""

    dependencies = [("adoption", "0002_who_ended_a_fact"), ("areas", "0002_succession")]

    operations = [
        migrations.CreateModel(
            "Target",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due", models.DateField()),
                ("percent", models.DecimalField(decimal_places=2, max_digits=5)),
                ("set_at", models.DateTimeField()),
                ("set_by", models.CharField(max_length=60)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_by", models.CharField(default="", max_length=60)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="areas.area"
                    ),
                ),
                (
                    "superseded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="supersedes",
                        to="adoption.target",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("area", "due"),
                        name="one_current_target",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("percent__gt", 0), ("percent__lte", 100)),
                        name="target_is_a_share",
                    ),
                ]
            },
        ),
    ]
