"""The date is Django's; the time stands apart."""

DATETIME_FORMAT = "j. F Y, H:i"
