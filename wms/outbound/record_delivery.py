"""Proof of delivery: who took an order, when, with what signature, or why he would not."""

from typing import Annotated, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, Field, PrivateAttr, model_validator
from sqlalchemy.dialects.postgresql import insert

from wms.kit.db import Tx
from wms.kit.facts import tell
from wms.kit.refusal import Refusal
from wms.kit.seal import Seal, mask_name
from wms.outbound.sql import lock_order
from wms.outbound.tables import delivery, order_line


class DeliveryBody(BaseModel):
    """`receiver` is stored sealed and shown masked; of the signature's image only its SHA-256 is kept here."""

    delivered_at: AwareDatetime
    outcome: Literal["delivered", "refused"] = "delivered"
    receiver: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    signature_digest: Annotated[str | None, Field(pattern="^[0-9a-f]{64}$")] = None
    refusal_reason: Annotated[str | None, Field(min_length=1, max_length=200)] = None

    @model_validator(mode="after")
    def _says_enough(self) -> "DeliveryBody":
        if self.outcome == "refused" and self.refusal_reason is None:
            raise ValueError("a refusal has a reason")
        if self.outcome == "delivered" and self.receiver is None:
            raise ValueError("somebody received it")
        return self


class RecordDelivery(DeliveryBody):
    order_id: UUID
    _seal: Seal | None = PrivateAttr(default=None)

    def sealed_with(self, seal: Seal) -> "RecordDelivery":
        self._seal = seal
        return self

    def sealed_receiver(self) -> bytes | None:
        assert self._seal is not None
        return self._seal.close(self.receiver)


class DeliveryRecorded(BaseModel):
    order_id: UUID
    outcome: str
    receiver: str | None


async def record_delivery(tx: Tx, command: RecordDelivery) -> DeliveryRecorded:
    """Keep the proof, once. Refuses `order_not_shipped`, `in_the_future`, and `delivery_recorded` the second time."""
    owned = await lock_order(tx, command.order_id, "delivery.record")
    left = sa.exists().where(order_line.c.order_id == owned.id, order_line.c.shipped > 0)
    if not await tx.conn.scalar(sa.select(left)):
        raise Refusal("order_not_shipped", state=owned.state)
    if command.delivered_at > tx.now:
        raise Refusal("in_the_future", field="delivered_at")
    values = command.model_dump(exclude={"receiver"}) | {
        "receiver": command.sealed_receiver(),
        "recorded_by": tx.actor.id,
        "recorded_at": tx.now,
    }
    made = insert(delivery).values(values).on_conflict_do_nothing().returning(delivery.c.order_id)
    if await tx.conn.scalar(made) is None:
        raise Refusal("delivery_recorded")
    kind = "order.delivered" if command.outcome == "delivered" else "order.delivery_refused"
    await tell(tx, kind, owned.id, site=owned.site, owner_id=owned.owner_id)
    return DeliveryRecorded(order_id=owned.id, outcome=command.outcome, receiver=mask_name(command.receiver))
