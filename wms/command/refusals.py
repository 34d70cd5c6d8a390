"""Refusal codes by database constraint."""

CONSTRAINTS = {
    "uq_person_name": "user_exists",
    "uq_party_code": "code_exists",
    "uq_party_gln": "code_exists",
    "uq_trade_item_owner_id_sku": "code_exists",
    "uq_label_template_purpose_name": "code_exists",
    "ck_balance_not_negative": "conflict",
    "ck_stock_balance": "insufficient_stock",
    "uq_stock_present_serial_id": "serial_exists",
    "uq_serial_item_id_serial_no": "serial_exists",
    "ck_account_line_not_negative": "insufficient_stock",
    "uq_consignment_supplier_id_reference": "reference_reused",
    "uq_consignment_pull_consignment_id_reference": "reference_reused",
    "uq_cold_zone_site_zone": "code_exists",
    "uq_probe_site_code": "code_exists",
}
