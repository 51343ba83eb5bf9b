"""The date is Django's; the time stands apart."""

DATETIME_FORMAT = r"j \d\e F \d\e Y, H:i"
