"""What the program is told from outside."""

from typing import Final
from zoneinfo import ZoneInfo

# The one legal time of the whole country since 01.03.2024; the zone's history is in the time zone database.
TIME_ZONE: Final = ZoneInfo("Asia/Almaty")
