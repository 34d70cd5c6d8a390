"""Which column is which: header names in English, Chinese and Russian.

A weight column must say its unit. `重量` alone may be grams or kilograms, and a guess would be wrong by a thousand.
"""

import re

from wms.imports.file_refused import SEARCHED_ROWS
from wms.inbound.read_manifest_rows import ManifestRefused

_NAMES = {
    "waybill_no": "waybill_no waybill waybill_number tracking tracking_no tracking_number awb logistics_no shipment_no "
    "运单号 运单编号 物流运单编号 物流单号 快递单号 面单号 单号 "
    "накладная номер_накладной трек трек_номер номер_отправления шпи",
    "destination": "destination dest destination_code 目的地 目的地代码 目的站 到达地 "
    "назначение пункт_назначения город_назначения",
    "service": "service service_type product 服务 服务类型 产品类型 услуга тип_услуги сервис тариф",
    "weight_g": "weight_g grams weight_grams gross_weight_g 重量g 毛重g 重量克 毛重克 вес_г вес_грамм вес_брутто_г",
    "weight_kg": "weight_kg kg kilograms grossweight gross_weight_kg 重量kg 毛重kg 重量公斤 毛重公斤 重量千克 毛重千克 "
    "вес_кг вес_брутто_кг",
    "weight": "weight 重量 毛重 вес вес_брутто",
    "pieces": "pieces pcs packno piece_count 件数 мест количество_мест кол_во_мест",
    "goods": "goods goodsinfo description contents content 货物 品名 商品名称 物品名称 货物名称 主要货物信息 "
    "товар товары описание наименование наименование_товара вложение",
    "hs_code": "hs_code hs commodity_code tariff_code 商品编码 hs编码 海关编码 税号 тн_вэд код_тн_вэд",
    "consignee_name": "consignee consignee_name recipient recipient_name receiver receiver_name "
    "收件人 收件人姓名 收货人 收货人姓名 получатель фио_получателя имя_получателя",
    "consignee_phone": "consignee_phone phone telephone tel recipient_phone receiver_phone "
    "收件人电话 收货人电话 联系电话 电话 手机 手机号 телефон телефон_получателя",
    "carrier": "carrier courier 承运人 快递公司 物流公司 物流企业代码 перевозчик служба_доставки",
}
__all__ = ["SEARCHED_ROWS", "column_of", "no_header", "read_header", "weight_column"]
_REQUIRED = ("waybill_no", "weight_g")
_NOISE = re.compile(r"[\s_\-./\\(),:*#（）【】\[\]：，\u3000]+")


def _folded(name: str) -> str:
    return _NOISE.sub("", name.casefold())


_COLUMN_OF = {_folded(alias): column for column, aliases in _NAMES.items() for alias in aliases.split()}


def column_of(header: str) -> str | None:
    """The canonical column for a header cell; None for one that means nothing to us."""
    return _COLUMN_OF.get(_folded(header))


def read_header(cells: list[str]) -> list[str | None] | None:
    """The columns of a header row, None where unknown; None when this row is no header at all.

    Unknown columns are ignored: partners send more than we need. ManifestRefused for what would make rows ambiguous.
    """
    columns = [column_of(cell) for cell in cells]
    if "waybill_no" not in columns:
        return None
    known = [column for column in columns if column is not None]
    for column in known:
        if known.count(column) > 1:
            raise ManifestRefused("duplicate_column", column=column)
    if "weight_g" in known and "weight_kg" in known:
        raise ManifestRefused("duplicate_column", column="weight_kg")
    if "weight_g" not in known and "weight_kg" not in known:
        if "weight" in known:
            raise ManifestRefused("weight_without_unit", header=cells[columns.index("weight")][:40])
        raise ManifestRefused("missing_columns", columns=["weight_g"])
    return [None if column == "weight" else column for column in columns]


def weight_column(columns: list[str | None]) -> str:
    """The weight column of a header that `read_header` accepted."""
    return "weight_g" if "weight_g" in columns else "weight_kg"


def no_header() -> ManifestRefused:
    """The refusal of a table whose first rows name no waybill column."""
    return ManifestRefused("missing_columns", columns=list(_REQUIRED))
