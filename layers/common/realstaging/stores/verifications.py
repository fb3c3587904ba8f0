"""Verifications in the single table; they expire by their time to live."""

from datetime import datetime
from typing import TYPE_CHECKING

from realstaging.errors import NotFoundError
from realstaging.models.base import Failure
from realstaging.models.picture_checks import ReportView
from realstaging.models.verifications import Verification, VerificationStatus
from realstaging.stores import keys
from realstaging.stores.table import Item, Write, Writes, row

if TYPE_CHECKING:
    from realstaging.dynamodb.table import Table


class VerificationStore:
    def __init__(self, table: "Table") -> None:
        self._writes = Writes(table)

    def create(self, verification: Verification, *also: Write) -> None:
        """Raises LostRaceError when a row of `also` exists."""
        item = row(verification, keys.verification(verification.owner, verification.id))
        if verification.due_at:
            item |= keys.due(verification.due_at, verification.id)
        self._writes.transact_write([self._writes.put_new(item), *also])

    def find(self, owner: str, verification_id: str, at: datetime) -> Verification | None:
        """None also when its time to live is over: the table removes rows hours later."""
        item = self._writes.get(keys.verification(owner, verification_id))
        if not item or int(item["expires_at"]) <= at.timestamp():
            return None
        return Verification.model_validate(item)

    def get(self, owner: str, verification_id: str, at: datetime) -> Verification:
        verification = self.find(owner, verification_id, at)
        if verification is None:
            raise NotFoundError("verification")
        return verification

    def begin(self, verification: Verification) -> Verification:
        """`awaiting_upload` → `processing`: both files are there. Raises LostRaceError."""
        return Verification.model_validate(
            self._writes.update_item(self._move(verification, VerificationStatus.PROCESSING))
        )

    def finish(self, verification: Verification, report: ReportView) -> None:
        """Raises LostRaceError."""
        write = self._move(verification, VerificationStatus.READY, {"report": report.model_dump_json()})
        self._writes.update_item(write)

    def fail(self, verification: Verification, why: Failure) -> None:
        """Raises LostRaceError."""
        write = self._move(verification, VerificationStatus.FAILED, {"error": why.model_dump(mode="json")})
        self._writes.update_item(write)

    def look_again(self, verification: Verification, at: datetime) -> None:
        """Raises LostRaceError: of two sweeps that find the row overdue, one moves the date."""
        self._writes.update_item(
            self._writes.update(
                keys.verification(verification.owner, verification.id),
                put=keys.due(at, verification.id),
                when="#status = :status AND #due_at = :due_at",
                values={
                    ":status": verification.status,
                    ":due_at": verification.due_at and keys.stamp(verification.due_at),
                },
            )
        )

    def _move(self, verification: Verification, to: VerificationStatus, put: Item | None = None) -> Write:
        return self._writes.move(
            keys.verification(verification.owner, verification.id),
            was=verification.status,
            version=verification.version,
            put={"status": to, **(put or {})},
            drop=keys.NOT_DUE if to.final else (),
        )
