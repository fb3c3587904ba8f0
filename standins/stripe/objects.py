"""Objects by kind and id: new ids, empty fields, lookup, pages, expansion."""

import copy
import secrets
import string
from collections.abc import Callable, Iterable
from typing import Any

from standins.stripe import errors

ALPHABET = string.ascii_letters + string.digits
SHORT_ID = 14


def new_id(prefix: str, length: int = 24) -> str:
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(length))


def new_invoice_prefix() -> str:
    return "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(8))


_NULL_FIELDS = {
    "charge": """
        application application_fee application_fee_amount balance_transaction calculated_statement_descriptor
        failure_balance_transaction on_behalf_of receipt_email receipt_number receipt_url review shipping source
        source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group""",
    "checkout.session": """
        after_expiration allow_promotion_codes allowed_payment_method_types billing_address_collection
        branding_settings client_secret collected_information consent consent_collection currency_conversion
        customer_account customer_creation customer_details excluded_payment_method_types integration_identifier
        invoice invoice_creation locale managed_payments optional_items origin_context payment_intent payment_link
        payment_method_configuration_details permissions recovered_from return_url setup_intent
        shipping_address_collection shipping_cost submit_type subscription wallet_options""",
    "customer": """
        address currency customer_account default_source description discount email name phone shipping test_clock""",
    "invoice": """
        account_tax_ids application confirmation_secret custom_fields customer_account customer_tax_ids
        default_payment_method default_source description due_date effective_at footer from_invoice
        hosted_invoice_url invoice_pdf last_finalization_error latest_revision next_payment_attempt number
        on_behalf_of receipt_number rendering shipping_cost shipping_details statement_descriptor status_details
        test_clock threshold_reason webhooks_delivered_at""",
    "payment_intent": """
        application application_fee_amount automatic_payment_methods canceled_at cancellation_reason
        customer_account excluded_payment_method_types last_payment_error latest_charge next_action on_behalf_of
        payment_method payment_method_configuration_details processing receipt_email review shipping source
        statement_descriptor statement_descriptor_suffix transfer_data transfer_group""",
    "payment_method": "customer customer_account",
    "price": "custom_unit_amount lookup_key nickname tiers_mode transform_quantity",
    "product": """
        default_price description package_dimensions shippable statement_descriptor tax_code unit_label url""",
    "refund": """
        balance_transaction customer_account description destination_details receipt_number
        source_transfer_reversal transfer_reversal""",
    "subscription": """
        application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at
        customer_account days_until_due default_payment_method default_source description ended_at latest_invoice
        next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval
        pending_setup_intent pending_update schedule status_details test_clock transfer_data trial_end trial_start""",
}  # fmt: skip
NULL_FIELDS = {kind: tuple(names.split()) for kind, names in _NULL_FIELDS.items()}


def null_fields(kind: str) -> dict[str, None]:
    return dict.fromkeys(NULL_FIELDS.get(kind, ()))


type Thing = dict[str, Any]

PAGE, LONGEST_PAGE = 10, 100
KIND_NAMES = {"payment_method": "PaymentMethod", "payment_intent": "payment_intent"}


class Objects:
    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, Thing]] = {}

    def add(self, thing: Thing) -> Thing:
        self._kinds.setdefault(thing["object"], {})[thing["id"]] = thing
        return thing

    def get(self, kind: str, id: str, param: str = "id") -> Thing:
        found = self.find(kind, id)
        if found is None:
            raise errors.missing(KIND_NAMES.get(kind, kind), id, param)
        return found

    def find(self, kind: str, id: str | None) -> Thing | None:
        return self._kinds.get(kind, {}).get(id or "")

    def of(self, kind: str, **equal: Any) -> list[Thing]:
        """Newest first, filtered by equal fields."""
        newest = reversed(self._kinds.get(kind, {}).values())
        return [each for each in newest if all(each.get(name) == value for name, value in equal.items())]

    def anywhere(self, id: str) -> Thing | None:
        return next((kind[id] for kind in self._kinds.values() if id in kind), None)


def page(found: Iterable[Thing], given: Thing, url: str) -> Thing:
    """A list as Stripe returns it; `given`: limit, starting_after, ending_before, created."""
    limit = given.get("limit", PAGE)
    if not 1 <= limit <= LONGEST_PAGE:
        raise errors.invalid("Invalid limit: must be between 1 and 100", "limit")
    first, last = given.get("created", (0, 2**62))
    things = [each for each in found if first <= each.get("created", 0) <= last]
    if after := given.get("starting_after"):
        things = things[_position(things, after, "starting_after") + 1 :]
    if before := given.get("ending_before"):
        earlier = things[: _position(things, before, "ending_before")]
        return as_list(earlier[-limit:], url, has_more=len(earlier) > limit)
    return as_list(things[:limit], url, has_more=len(things) > limit)


def as_list(things: list[Thing], url: str, *, has_more: bool = False) -> Thing:
    return {"object": "list", "data": things, "has_more": has_more, "url": url}


def _position(things: list[Thing], id: str, param: str) -> int:
    for position, each in enumerate(things):
        if each["id"] == id:
            return position
    raise errors.missing("object", id, param)


type Includable = dict[tuple[str, str], Callable[[Thing], Thing]]


def expand(objects: Objects, body: Thing, paths: list[str], includable: Includable) -> Thing:
    """A copy with the ids on `paths` replaced by their objects; `includable`: fields that exist only if expanded."""
    answer = copy.deepcopy(body)
    for path in paths:
        _expand(objects, [answer], path.split("."), path, includable)
    return answer


def _expand(objects: Objects, things: list[Any], parts: list[str], path: str, includable: Includable) -> None:
    part, *rest = parts
    inside: list[Any] = []
    for thing in things:
        if not isinstance(thing, dict) or (part not in thing and (thing.get("object"), part) not in includable):
            raise errors.invalid(f"This property cannot be expanded ({path}).", "expand")
        if part not in thing:
            thing[part] = copy.deepcopy(includable[(thing["object"], part)](thing))
        if isinstance(thing[part], str):
            thing[part] = _named(objects, thing[part], path)
        if thing[part] is not None:
            inside += thing[part] if isinstance(thing[part], list) else [thing[part]]
    if rest and inside:
        _expand(objects, inside, rest, path, includable)


def _named(objects: Objects, id: str, path: str) -> Thing:
    found = objects.anywhere(id)
    if found is None:
        raise errors.invalid(f"This property cannot be expanded ({path}).", "expand")
    return copy.deepcopy(found)
