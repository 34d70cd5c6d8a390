"""When a variance is counted again, and who must agree to it."""

from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from wms.counting.rules import Policy, needs_another, needs_customs, needs_recount

amounts = st.integers(0, 1000).map(Decimal)


@given(amounts, amounts, amounts, st.integers(0, 100).map(Decimal))
def test_agreement_is_never_counted_again_and_a_surprise_always(
    expected: Decimal, counted: Decimal, quantity: Decimal, percent: Decimal
):
    """Either limit alone is enough; goods that nobody expected are above any percentage."""
    policy = Policy(recount_quantity=quantity, recount_percent=percent)
    asked = needs_recount(expected, counted, policy)
    if expected == counted:
        assert not asked
    elif expected == 0 or abs(counted - expected) > quantity:
        assert asked
    else:
        assert asked == (abs(counted - expected) * 100 / expected > percent)


def test_customs_has_a_say_where_duty_is_open():
    """An account line, unpaid duty or a seizure: none of them is adjusted silently."""
    assert needs_customs("free", UUID(int=1))
    assert needs_customs("duty_unpaid", None)
    assert needs_customs("detained", None)
    assert not needs_customs("foreign", None)
    assert needs_another(UUID(int=1), [str(UUID(int=1))])
