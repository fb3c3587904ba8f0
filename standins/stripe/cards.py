"""Test cards: what each number does when its owner pays, and when it is charged later."""

from dataclasses import dataclass

from standins.stripe import errors


@dataclass(frozen=True)
class Card:
    number: str
    brand: str
    present: str | None = None  # why it is declined while its owner is there
    later: str | None = None  # why it is declined afterwards


DELAYED = Card("000123456789", "us_bank_account")
CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242", "visa"),
        Card("5555555555554444", "mastercard"),
        Card("378282246310005", "amex"),
        Card("4000000000000341", "visa", later="generic_decline"),
        Card("4000000000009995", "visa", "insufficient_funds", "insufficient_funds"),
        Card("4000000000000069", "visa", "expired_card", "expired_card"),
        Card("4000000000000002", "visa", "generic_decline", "generic_decline"),
        Card("4000002500003155", "visa", later="authentication_required"),
    )
}
NAMED = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_amex": "378282246310005",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_authenticationRequired": "4000002500003155",
}


def card(number: str) -> Card:
    """By its number, blanks allowed, by the name of a test payment method, or `delayed`."""
    bare = "".join(number.split())
    if bare == "delayed":
        return DELAYED
    found = CARDS.get(NAMED.get(bare, bare))
    if found is None:
        raise errors.declined("incorrect_number", param="number")
    return found
