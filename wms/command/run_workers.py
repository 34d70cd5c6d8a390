"""`kouan work`: the loops in this process."""

import asyncio
import sys

from wms.command.places import personal_data_seal
from wms.command.refusals import CONSTRAINTS
from wms.kit.log import configure_logs
from wms.settings import Settings
from wms.workers.work import LOOPS, read_secret, work


def run_workers(settings: Settings, wanted: list[str]) -> int:
    """Exit code 2 for a loop that does not exist or a server that is not named."""
    unknown = sorted(set(wanted) - set(LOOPS))
    if unknown or not settings.database_url or not settings.mqtt_url:
        why = f"no such loop: {unknown[0]}" if unknown else "KOUAN_DATABASE_URL and KOUAN_MQTT_URL have to be set"
        sys.stderr.write(f"kouan work: {why}\n")
        return 2
    configure_logs(settings.log_level)
    asyncio.run(
        work(
            tuple(wanted) or LOOPS,
            settings.database_url,
            settings.mqtt_url,
            read_secret(settings.mqtt_password_file),
            settings.gs1_company_prefix,
            CONSTRAINTS,
            personal_data_seal(settings),
            webhooks_to_private=settings.webhooks_to_private_networks,
        )
    )
    return 0
