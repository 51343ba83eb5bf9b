"""Clean up after a fiftieth of the claims has changed, not after a fifth: the table may be large."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("claims", "0005_versions")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE claims_claim SET"
            " (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)",
            "ALTER TABLE claims_claim RESET"
            " (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)",
        )
    ]
