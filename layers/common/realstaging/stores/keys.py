"""Every key of the single table.

| To read                          | Index | Partition             | Sort                              |
|----------------------------------|-------|-----------------------|-----------------------------------|
| one row of an owner              | table | USER#<owner>          | PROJECT#… IMAGE#… JOB#… BATCH#…   |
| an owner's projects, jobs        | table | USER#<owner>          | begins with PROJECT#, JOB#        |
| usage and ledger of a period     | table | USER#<owner>          | USAGE#<start>, LEDGER#<start>#…   |
| what of it was captured          | table | USER#<owner>          | CAPTURED#<start>#<shard 0-9>      |
| a project's images, each + jobs  | gsi1  | PROJECT#<id>          | IMAGE#<id>, IMAGE#<id>#JOB#<id>   |
| an owner's verification          | table | USER#<owner>          | VERIFICATION#<id>                 |
| an owner's API keys              | gsi1  | USER#<owner>#APIKEYS  | <key id>                          |
| how many API keys there are      | table | USER#<owner>          | APIKEYS                           |
| an owner's open checkout         | table | USER#<owner>          | CHECKOUT                          |
| costs of an owner, of a project  | table | USER#<owner>          | COST#ALL#<shard>, COST#<id>#<…>   |
| breaker and start schedule       | table | PROVIDER              | BREAKER, MODELS, PACE             |
| those of a further account there | table | PROVIDER#<account>    | BREAKER, PACE                     |
| an owner's latest slot           | table | USER#<owner>          | PLACE, PLACE#<account>            |
| overrides, and their versions    | table | SETTINGS              | CURRENT, VERSION#<key>#<version>  |
| the audit log                    | table | AUDIT#<yyyy-mm>       | <time>#<id>                       |
| the owner of a Stripe customer   | table | STRIPE#<customer>     | CUSTOMER                          |
| events of an unknown customer    | table | STRIPE#<customer>     | PARKED#<event>                    |
| an applied Stripe event          | table | STRIPE#<event>        | EVENT                             |
| the cursor of reconciliation     | table | STRIPE                | RECONCILIATION                    |
| usage of a closed account        | table | FORMER#<hmac of owner>| MONTH#<start>                     |
| the secret of those pseudonyms   | table | SETTINGS              | PSEUDONYMS                        |
| picture checks of a day, by model| table | CHECKS                | <yyyy-mm-dd>#<model>              |
| all users                        | gsi1  | USERS                 | <created at>#<owner>              |
| the owner of a socket            | gsi1  | SOCKET#<connection>   | SOCKET                            |
| rows that are due                | gsi2  | DUE#<shard 0-9>       | <due at>#<id>                     |
| rows that are to be purged       | gsi2  | PURGE#<shard 0-9>     | <due at>#<id>                     |
| jobs that have ended, by state   | gsi2  | JOBS#<status>#<shard> | <job id>                          |

The owner is part of every key a client can reach, so "not yours" and "not there" are one answer.
"""

import zlib
from datetime import UTC, datetime

from realstaging.models.provider import DEFAULT_ACCOUNT

Key = dict[str, str]

SHARDS = DUE_SHARDS = 10
NOT_DUE = ("gsi2pk", "gsi2sk", "due_at")


def _of(owner: str, sort: str) -> Key:
    return {"pk": f"USER#{owner}", "sk": sort}


def named(owner: str, sort: str) -> Key:
    """A row by its whole sort key, as the due index returns it."""
    return _of(owner, sort)


def user(owner: str) -> Key:
    return _of(owner, "PROFILE")


def project(owner: str, project_id: str) -> Key:
    return _of(owner, f"PROJECT#{project_id}")


def image(owner: str, image_id: str) -> Key:
    return _of(owner, f"IMAGE#{image_id}")


def job(owner: str, job_id: str) -> Key:
    return _of(owner, f"JOB#{job_id}")


def batch(owner: str, batch_id: str) -> Key:
    return _of(owner, f"BATCH#{batch_id}")


def verification(owner: str, verification_id: str) -> Key:
    return _of(owner, f"VERIFICATION#{verification_id}")


def usage(owner: str, period: str) -> Key:
    return _of(owner, f"USAGE#{period}")


def former_usage(pseudonym: str, month: str) -> Key:
    return {"pk": f"FORMER#{pseudonym}", "sk": f"MONTH#{month}"}


def pseudonyms() -> Key:
    return {"pk": "SETTINGS", "sk": "PSEUDONYMS"}


def ledger(owner: str, period: str, job_id: str) -> Key:
    return _of(owner, f"LEDGER#{period}#{job_id}")


def content(owner: str, sha256: str) -> Key:
    return _of(owner, f"HASH#{sha256}")


def idempotency(owner: str, key: str) -> Key:
    return _of(owner, f"IDEMPOTENCY#{key}")


def rate(owner: str, window: int, kind: str = "") -> Key:
    """`kind` empty: creating requests."""
    return _of(owner, f"RATE#{kind}#{window}" if kind else f"RATE#{window}")


def captured(owner: str, period: str, job_id: str) -> Key:
    """The shard of a job: deliveries of one owner at the same time would conflict on one row."""
    return _of(owner, f"CAPTURED#{period}#{shard(job_id)}")


def all_captured(owner: str, period: str) -> list[Key]:
    return [_of(owner, f"CAPTURED#{period}#{number}") for number in range(SHARDS)]


def cost(owner: str, project_id: str, job_id: str) -> Key:
    """The shard of a job, as of `captured`."""
    return _of(owner, f"COST#{project_id}#{shard(job_id)}")


def costs(owner: str, project_id: str) -> list[Key]:
    """All shards, and the row from before there were any."""
    return [_of(owner, f"COST#{project_id}"), *_cost_shards(owner, project_id)]


def total_cost(owner: str, job_id: str) -> Key:
    return cost(owner, "ALL", job_id)


def total_costs(owner: str) -> list[Key]:
    """As of `costs`."""
    return [_of(owner, "COST"), *_cost_shards(owner, "ALL")]


def _cost_shards(owner: str, of: str) -> list[Key]:
    return [_of(owner, f"COST#{of}#{number}") for number in range(SHARDS)]


def breaker(account: str = DEFAULT_ACCOUNT) -> Key:
    return {"pk": _provider(account), "sk": "BREAKER"}


def model_breakers() -> Key:
    return {"pk": "PROVIDER", "sk": "MODELS"}


def checks(day: str, model: str) -> Key:
    return {"pk": "CHECKS", "sk": f"{day}#{model}"}


def pace(account: str = DEFAULT_ACCOUNT) -> Key:
    return {"pk": _provider(account), "sk": "PACE"}


def place(owner: str, account: str = DEFAULT_ACCOUNT) -> Key:
    return _of(owner, "PLACE" if account == DEFAULT_ACCOUNT else f"PLACE#{account}")


def _provider(account: str) -> str:
    """A partition for each account: their starts must not add up on one."""
    return "PROVIDER" if account == DEFAULT_ACCOUNT else f"PROVIDER#{account}"


def live() -> Key:
    return {"pk": "SETTINGS", "sk": "CURRENT"}


def setting_version(key: str, version: int) -> Key:
    return {"pk": "SETTINGS", "sk": f"VERSION#{key}#{version:08d}"}


def audit(at: datetime, id: str) -> Key:
    return {"pk": audit_month(f"{at.astimezone(UTC):%Y-%m}"), "sk": f"{stamp(at)}#{id}"}


def audit_month(month: str) -> str:
    return f"AUDIT#{month}"


def checkout(owner: str) -> Key:
    return _of(owner, "CHECKOUT")


def reconciliation() -> Key:
    return {"pk": "STRIPE", "sk": "RECONCILIATION"}


def stripe_customer(customer_id: str) -> Key:
    return {"pk": f"STRIPE#{customer_id}", "sk": "CUSTOMER"}


def stripe_parked(customer_id: str, event_id: str) -> Key:
    return {"pk": f"STRIPE#{customer_id}", "sk": f"PARKED#{event_id}"}


def stripe_event(event_id: str) -> Key:
    return {"pk": f"STRIPE#{event_id}", "sk": "EVENT"}


def api_key(hashed: str) -> Key:
    return {"pk": f"APIKEY#{hashed}", "sk": "APIKEY"}


def api_key_list(owner: str) -> Key:
    """The row with the ids of an owner's keys."""
    return _of(owner, "APIKEYS")


def socket(owner: str, connection_id: str) -> Key:
    return _of(owner, f"SOCKET#{connection_id}")


def ticket(hashed: str) -> Key:
    return {"pk": f"TICKET#{hashed}", "sk": "TICKET"}


def by_user(owner: str, created_at: str) -> Key:
    return {"gsi1pk": "USERS", "gsi1sk": f"{created_at}#{owner}"}


def by_project_image(project_id: str, image_id: str) -> Key:
    return {"gsi1pk": f"PROJECT#{project_id}", "gsi1sk": f"IMAGE#{image_id}"}


def by_project_job(project_id: str, image_id: str, job_id: str) -> Key:
    return {"gsi1pk": f"PROJECT#{project_id}", "gsi1sk": f"IMAGE#{image_id}#JOB#{job_id}"}


def by_owner_key(owner: str, key_id: str) -> Key:
    return {"gsi1pk": f"USER#{owner}#APIKEYS", "gsi1sk": key_id}


def by_connection(connection_id: str) -> Key:
    return {"gsi1pk": f"SOCKET#{connection_id}", "gsi1sk": "SOCKET"}


def due(at: datetime, id: str) -> Key:
    """The attributes that make a row due for the sweep at a time; NOT_DUE lists them for removal."""
    return {"gsi2pk": f"DUE#{shard(id)}", "gsi2sk": f"{stamp(at)}#{id}", "due_at": stamp(at)}


def deleted(owner: str, kind: str, id: str) -> Key:
    """The tombstone of a deleted row; only the purge reads it."""
    return _of(owner, f"DELETED#{kind}#{id}")


def purge(at: datetime, id: str) -> Key:
    """The attributes that make a row due for the purge at a time."""
    return {"gsi2pk": f"PURGE#{shard(id)}", "gsi2sk": f"{stamp(at)}#{id}", "due_at": stamp(at)}


def ended(status: str, job_id: str) -> Key:
    """The index entry of an ended job, by state; it replaces the due entry. Ids sort by time."""
    return {"gsi2pk": ended_lane(status, shard(job_id)), "gsi2sk": job_id}


def ended_lane(status: str, shard: int) -> str:
    return f"JOBS#{status}#{shard}"


def shard(id: str) -> int:
    return zlib.crc32(id.encode()) % DUE_SHARDS


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC with microseconds: sorts by time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def month(at: datetime) -> str:
    """The key of a calendar month's counters (UTC): its first day."""
    return month_start(at).date().isoformat()


def month_start(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def month_end(at: datetime) -> datetime:
    start = month_start(at)
    return start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
