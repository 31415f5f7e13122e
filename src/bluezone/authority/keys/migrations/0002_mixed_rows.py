"""Rows can be mixed; tokens keep neither certificate nor MAC, and those that had one are spent."""

from django.db import migrations, models


def delete_used_tokens(apps, schema_editor):
    """Without its MAC a used token would be good for other keys; it would live a day at most."""
    apps.get_model("keys", "VerificationToken").objects.exclude(tekmac=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ("keys", "0001_initial"),
    ]

    operations = [
        migrations.RunPython(delete_used_tokens, migrations.RunPython.noop),
        migrations.RemoveField("verificationtoken", "tekmac"),
        migrations.RemoveField("verificationtoken", "certificate"),
        migrations.RemoveField("verificationtoken", "certificate_expires_at"),
        migrations.AddField("verificationtoken", "tekmac_hmac", models.BinaryField(max_length=32, null=True)),
        migrations.AddField("verificationtoken", "certified_at", models.DateTimeField(null=True)),
        migrations.AddField("publishedkey", "mixed", models.BooleanField(default=False)),
        migrations.AddField("publishmemory", "mixed", models.BooleanField(default=False)),
        migrations.CreateModel(
            name="RowMixing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("window_end", models.DateTimeField(null=True)),
                ("traces_left", models.BooleanField(default=False)),
            ],
        ),
    ]
