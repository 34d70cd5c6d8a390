"""Refusal codes by database constraint."""

CONSTRAINTS = {
    "uq_person_name": "user_exists",
    "ck_balance_not_negative": "conflict",
}
