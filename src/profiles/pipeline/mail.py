"""One message to one person, and what became of it. Nothing is ever sent twice on a mere suspicion."""

from __future__ import annotations

import contextlib
import logging
import smtplib
from enum import StrEnum

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string

log = logging.getLogger(__name__)


class Sent(StrEnum):
    YES = "yes"
    MAYBE = "maybe"  # the connection broke while the server had it: it may have gone out
    NO = "no"  # the server will not take it, today or tomorrow
    NOT_NOW = "not_now"


def send(template: str, *, to: str, name: str, context: dict[str, object]) -> Sent:
    """`mail/TEMPLATE.subject`, `.txt` and `.html`. `name` is the same for the same message, so that
    mail programs show it once should it arrive twice."""
    config = settings.PROFILES
    context = {"base_url": config.base_url, **context}
    host = config.base_url.partition("://")[2].partition(":")[0]
    message = EmailMultiAlternatives(
        subject=" ".join(render_to_string(f"mail/{template}.subject", context).split()),
        body=render_to_string(f"mail/{template}.txt", context),
        to=[to],
        # RFC 3834: so that no holiday notice answers.
        headers={"Message-ID": f"<{name}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    message.attach_alternative(render_to_string(f"mail/{template}.html", context), "text/html")
    return _hand_over(message)


def _hand_over(message: EmailMultiAlternatives) -> Sent:
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        # Never the error's text: it may repeat the address.
        log.warning("the mail server cannot be reached: %s", type(error).__name__)
        return Sent.NOT_NOW
    try:
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        return _refused([code for code, _ in error.recipients.values()])
    except smtplib.SMTPResponseException as error:
        return _refused([error.smtp_code])
    except ValueError as error:  # an address that no header can hold
        log.warning("a message cannot be addressed: %s", type(error).__name__)
        return Sent.NO
    except (OSError, smtplib.SMTPException) as error:
        log.warning("the mail server broke off: %s", type(error).__name__)
        return Sent.MAYBE
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            connection.close()
    return Sent.YES


def _refused(codes: list[int]) -> Sent:
    """RFC 5321, 4.2.1: 5 is for good, 4 is for now."""
    log.warning("the mail server refused a message: %s", codes)
    return Sent.NO if all(code >= 500 for code in codes) else Sent.NOT_NOW
