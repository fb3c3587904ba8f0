"""The fields that are null until something sets them: they are there all the same, as with Stripe."""

_NAMES = {
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
NAMES = {kind: tuple(names.split()) for kind, names in _NAMES.items()}


def of(kind: str) -> dict[str, None]:
    return dict.fromkeys(NAMES.get(kind, ()))
