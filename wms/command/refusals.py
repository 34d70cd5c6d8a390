"""Refusal codes by database constraint."""

CONSTRAINTS = {
    "uq_person_name": "user_exists",
    "ck_balance_not_negative": "conflict",
    "ck_stock_promised": "insufficient_stock",
    "ck_stock_not_negative": "insufficient_stock",
    "ck_stock_serial_is_one": "serial_exists",
    "ex_stock_serial_once": "serial_exists",
    "uq_serial_item_id_serial_no": "serial_exists",
    "ck_account_line_not_negative": "insufficient_stock",
}
