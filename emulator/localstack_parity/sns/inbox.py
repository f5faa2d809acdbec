"""Every mail that SNS would have sent, kept to be read: no mail leaves the machine by itself."""

import json
import logging
import os
import smtplib
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from queue import SimpleQueue

from localstack.http import Request, Response
from localstack.services.internal import get_internal_apis

LOG = logging.getLogger(__name__)

PATH = "/_localstack/mail"
SMTP_VARIABLE = "SMTP_HOST"
_KEPT = 10_000  # the oldest are forgotten
_SMTP_PORT, _SMTP_WITHIN_S = 25, 10


@dataclass(frozen=True)
class Mail:
    """A mail with the fields that emulator/README.md describes, but for its number."""

    at: float
    kind: str
    to: str
    sender: str
    subject: str
    text: str
    topic: str
    links: tuple[str, ...] = ()
    token: str = ""


_mails: deque[tuple[int, Mail]] = deque(maxlen=_KEPT)
_lock = threading.Lock()
_count = 0
_to_send: SimpleQueue[Mail] = SimpleQueue()


def keep(mail: Mail) -> None:
    """Put a mail into the inbox, and hand it to the SMTP server if there is one."""
    global _count
    with _lock:
        _count += 1
        _mails.append((_count, mail))
    if os.environ.get(SMTP_VARIABLE):
        _to_send.put(mail)


def after(number: int) -> list[dict[str, object]]:
    """The mails that came after the one with this number, oldest first."""
    with _lock:
        found = [(each, mail) for each, mail in _mails if each > number]
    return [{"number": each, **asdict(mail)} for each, mail in found]


def clear() -> None:
    """Forget them; their numbers are not given again."""
    with _lock:
        _mails.clear()


def take() -> list[tuple[int, Mail]]:
    """Return the mails with their numbers, oldest first."""
    with _lock:
        return list(_mails)


def put(mails: list[tuple[int, Mail]]) -> None:
    """Take over mails of another time; those that come get greater numbers."""
    global _count
    with _lock:
        _mails.extend(mails)
        _count = max(_count, *(number for number, _ in mails), 0)


def serve() -> None:
    """Begin to answer at PATH, and to hand mails over if SMTP_HOST is set."""
    get_internal_apis().add(PATH, _read, methods=["GET"])
    if server := os.environ.get(SMTP_VARIABLE):
        host, port = smtp_server(server)

        def send(mail: Mail) -> None:
            with smtplib.SMTP(host, port, timeout=_SMTP_WITHIN_S) as smtp:
                smtp.send_message(as_message(mail))

        threading.Thread(target=_hand_over, args=(send,), name="sns-smtp", daemon=True).start()


def smtp_server(text: str) -> tuple[str, int]:
    """Host and port of a server; ValueError for what is none.

    >>> smtp_server("127.0.0.1:1025")
    ('127.0.0.1', 1025)
    """
    host, colon, port = text.rpartition(":") if ":" in text else (text, "", "")
    if not host or (colon and not port.isdecimal()):
        raise ValueError(f"{SMTP_VARIABLE}={text!r} is no host or host:port.")
    return host, int(port) if port else _SMTP_PORT


def as_message(mail: Mail) -> EmailMessage:
    """The mail as RFC 5322 has it."""
    message = EmailMessage()
    message["From"] = f"AWS Notifications <{mail.sender}>"
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = formatdate(mail.at)
    message["Message-ID"] = make_msgid(domain="sns.localhost")
    message.set_content(mail.text)
    return message


def _hand_over(send: Callable[[Mail], None]) -> None:
    """One after the other; a server that is away loses the mail, and the log says so."""
    while True:
        mail = _to_send.get()
        try:
            send(mail)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            LOG.warning(
                "The mail %r could not be handed to the SMTP server: %s", mail.subject, error
            )


def _read(request: Request) -> Response:
    given = request.args.get("after", "0")
    if not given.isdecimal():
        problem = {"error": "after is the number of a mail, such as ?after=12."}
        return Response(json.dumps(problem), 400, mimetype="application/json")
    return Response(json.dumps({"mails": after(int(given))}), 200, mimetype="application/json")
