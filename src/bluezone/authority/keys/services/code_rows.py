"""Rows of codes and tokens for requests of phones, by statements as short as the requests.

The framework takes longer to put such a statement together than the database to carry it out.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from bluezone.authority.keys.models import VerificationCode, VerificationToken

__all__ = ["claim_code", "find_token", "find_unused_code", "note_certificate"]

_CODES, _TOKENS = VerificationCode._meta.db_table, VerificationToken._meta.db_table

_FIND_CODE = {
    is_long: (
        f"SELECT * FROM {_CODES} WHERE {prefix}code_hmac = %s AND {prefix}expires_at > %s"  # noqa: S608 - constants
        " AND claimed_at IS NULL AND revoked_at IS NULL"
    )
    for is_long, prefix in ((False, ""), (True, "long_"))
}
_CLAIM_CODE = (
    f"UPDATE {_CODES} SET claimed_at = %s"  # noqa: S608 - constants
    " WHERE uuid = %s AND claimed_at IS NULL AND revoked_at IS NULL"
)
_STORE_TOKEN = (
    f"INSERT INTO {_TOKENS} (token_hmac, report_type, onset_date, expires_at)"  # noqa: S608 - constants
    " VALUES (%s, %s, %s, %s)"
)
_FIND_TOKEN = f"SELECT * FROM {_TOKENS} WHERE token_hmac = %s"  # noqa: S608 - constants
_NOTE_CERTIFICATE = (
    f"UPDATE {_TOKENS} SET tekmac_hmac = %s, certified_at = %s WHERE id = %s"  # noqa: S608 - constants
    " AND (tekmac_hmac IS NULL OR tekmac_hmac = %s) AND "
)


def find_unused_code(code_hmac: bytes, now: datetime, *, is_long: bool) -> VerificationCode | None:
    """The code of this keyed hash, unless it is used, revoked or expired in that form."""
    values = (code_hmac, connection.ops.adapt_datetimefield_value(now))
    return next(iter(VerificationCode.objects.raw(_FIND_CODE[is_long], values)), None)


def claim_code(code: VerificationCode, token_hmac: bytes, now: datetime, expires_at: datetime) -> bool:
    """Use a code up and store the token it becomes; false, and nothing written, if it was used meanwhile."""
    ops = connection.ops
    uuid = VerificationCode._meta.get_field("uuid").get_db_prep_value(code.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM_CODE, (ops.adapt_datetimefield_value(now), uuid))
        if not cursor.rowcount:
            return False
        onset = None if code.onset_date is None else ops.adapt_datefield_value(code.onset_date)
        expiry = ops.adapt_datetimefield_value(expires_at)
        cursor.execute(_STORE_TOKEN, (token_hmac, code.report_type, onset, expiry))
    return True


def find_token(token_hmac: bytes) -> VerificationToken | None:
    """The token of this keyed hash, also when it has expired."""
    return next(iter(VerificationToken.objects.raw(_FIND_TOKEN, (token_hmac,))), None)


def note_certificate(token: VerificationToken, tekmac_hmac: bytes, now: datetime) -> bool:
    """Remember which keys a token is for and when it was certified.

    False, and nothing written, if it is for other keys, or was certified since ``token`` was read.
    """
    as_stored = connection.ops.adapt_datetimefield_value
    statement, values = _NOTE_CERTIFICATE, [tekmac_hmac, as_stored(now), token.pk, tekmac_hmac]
    if token.certified_at is None:
        statement += "certified_at IS NULL"
    else:
        statement += "certified_at = %s"
        values.append(as_stored(token.certified_at))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return bool(cursor.rowcount)
