"""A refusal: the one way in which Kouan says no.

It carries a code and parameters, never prose; screens translate it. Every code is listed in `REFUSALS`, documented there and
translated in `wms/web/locales`, and a house test holds both.
"""

from typing import Any

REFUSALS: dict[str, int] = {
    # code: HTTP status
    "not_signed_in": 401,
    "wrong_credentials": 401,
    "account_locked": 423,
    "not_allowed": 403,
    "not_found": 404,
    "invalid_request": 422,
    "too_large": 413,
    "key_reused": 409,
    "busy": 503,
    "conflict": 409,
    "unknown_site": 404,
    "unknown_line": 404,
    "unknown_chute": 422,
    "unknown_parcel": 404,
    "parcel_not_holdable": 409,
    "bag_empty": 409,
    "bag_closed": 409,
    "plan_outdated": 409,
    "user_exists": 409,
    "weak_password": 422,
    "badge_taken": 409,
    "approval_over": 409,
    "manifest_refused": 422,
    "unknown_device": 404,
    "unknown_command": 422,
    "ambiguous_code": 409,
    "unit_elsewhere": 409,
    # stock
    "insufficient_stock": 409,
    "on_hold": 409,
    "reservation_gone": 409,
    "serial_exists": 409,
    "wrong_temperature": 409,
    "wrong_customs_zone": 409,
    "dangerous_goods_refused": 409,
    "segregation": 409,
    "mixing_forbidden": 409,
    "location_full": 409,
    "location_overweight": 409,
    "unit_too_high": 409,
    "unit_in_itself": 409,
    "unit_not_empty": 409,
    "hold_released": 409,
    "customs_blocked": 409,
    "reference_missing": 422,
    "already_there": 422,
    "in_the_future": 422,
    "webhook_refused": 422,
    "unknown_party": 404,
    "unknown_item": 404,
    "unknown_lot": 404,
    "unknown_serial": 404,
    "unknown_place": 404,
    "unknown_account_line": 404,
    "not_reversible": 409,
    # tasks
    "task_closed": 409,
    "task_taken_over": 409,
    "task_not_yours": 409,
    "task_needs_its_work": 409,
    "unknown_person": 422,
    "unknown_location": 422,
    # catalogue, places, files, labels
    "code_exists": 409,
    "unknown_code": 404,
    "bad_pattern": 422,
    "too_many_locations": 422,
    "file_refused": 422,
    "import_running": 409,
    "reprint_reason_missing": 422,
    "print_job_ended": 409,
    "unknown_field_of_label": 422,
    "bad_barcode": 422,
    # outbound
    "reference_reused": 409,
    "order_not_new": 409,
    "order_not_released": 409,
    "order_ended": 409,
    "order_in_work": 409,
    "wave_empty": 409,
    "nothing_to_pick": 409,
    "pick_closed": 409,
    "wrong_location": 409,
    "wrong_item": 409,
    "wrong_lot": 409,
    "wrong_serial": 409,
    "wrong_tote": 409,
    "wrong_unit": 409,
    "over_pick": 409,
    "unknown_tote": 404,
    "tote_in_use": 409,
    "lot_not_allowed": 409,
    "nothing_to_undo": 409,
    "nothing_to_pack": 409,
    "over_pack": 409,
    "unknown_carton": 404,
    "four_eyes": 403,
    "package_not_weighed": 409,
    "package_closed": 409,
    "recount_differs": 409,
    "weight_out_of_tolerance": 409,
    "load_departed": 409,
    "on_another_load": 409,
    "unknown_package": 404,
    "not_on_load": 409,
    "package_not_labelled": 409,
    "unit_missing": 409,
    "order_not_packed": 409,
    "load_empty": 409,
    "customs_release_missing": 409,
    "order_not_shipped": 409,
    "delivery_recorded": 409,
    # inbound
    "over_receipt": 409,
    "serial_missing": 422,
    "lot_missing": 422,
    "weight_missing": 422,
    "lot_conflict": 409,
    "location_disabled": 409,
    "wrong_location_kind": 409,
    "notice_exists": 409,
    "notice_closed": 409,
    "notice_begun": 409,
    "nothing_open": 409,
    "not_yours_to_undo": 403,
    "repeated_line": 422,
    "repeated_unit": 422,
    "unknown_line_no": 422,
    "unknown_unit": 422,
    "unit_received": 409,
    "unit_exists": 409,
    "discrepancy_settled": 409,
    "check_decided": 409,
    "cross_dock_only": 409,
    "putaway_reason_missing": 422,
    # outbound
    "too_many_picks": 409,
    # labels
    "template_outdated": 409,
    # outbound
    "package_on_load": 409,
    # inside, counting
    "unit_relabelled": 409,
    "unknown_goods": 404,
    "ambiguous_goods": 409,
    "relocation_waiting": 409,
    "not_a_pick_face": 404,
    "over_replenish": 409,
    "bill_missing": 409,
    "mixed_customs": 409,
    "bonded_goods": 409,
    "authority_reference_missing": 409,
    "scrap_decided": 409,
    "count_begun": 409,
    "count_not_begun": 409,
    "count_closed": 409,
    "count_not_ready": 409,
    "owner_missing": 422,
    "counts_open": 409,
    "too_many_places": 422,
    "proposal_decided": 409,
}


class Refusal(Exception):
    """`code` is a key of REFUSALS; `params` fill the translated sentence; `field` names the input that is wrong."""

    def __init__(self, code: str, /, *, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
        self.field = field

    @property
    def status(self) -> int:
        return REFUSALS[self.code]

    def body(self) -> dict[str, Any]:
        return {"code": self.code, "params": self.params, "field": self.field}
