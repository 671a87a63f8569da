"""The list of field types, in the order in which a menu offers them."""

from __future__ import annotations

from runtime.definitions.fields import FieldConfig, type_name
from runtime.errors import InvalidDefinition
from runtime.fieldtypes.attachment import AttachmentType
from runtime.fieldtypes.auto_number import AutoNumberType
from runtime.fieldtypes.barcode import BarcodeType
from runtime.fieldtypes.base import FieldType
from runtime.fieldtypes.button import ButtonType
from runtime.fieldtypes.cascade import CascadeType
from runtime.fieldtypes.checkbox import CheckboxType
from runtime.fieldtypes.computed import FormulaType, LookupType, RollupType
from runtime.fieldtypes.dates import DateTimeType, DateType
from runtime.fieldtypes.duration import DurationType
from runtime.fieldtypes.json_text import JsonType
from runtime.fieldtypes.link import LinkType
from runtime.fieldtypes.location import LocationType
from runtime.fieldtypes.member import MemberType
from runtime.fieldtypes.number import CurrencyType, NumberType, PercentType
from runtime.fieldtypes.phone import PhoneType
from runtime.fieldtypes.progress import ProgressType
from runtime.fieldtypes.rating import RatingType
from runtime.fieldtypes.select import MultiSelectType, SingleSelectType
from runtime.fieldtypes.state_time import StateTimeType
from runtime.fieldtypes.system import CreatedByType, CreatedTimeType, UpdatedByType, UpdatedTimeType
from runtime.fieldtypes.text import EmailType, LongTextType, TextType, UrlType
from runtime.i18n import N_

TYPES: tuple[FieldType, ...] = (
    TextType(), LongTextType(), NumberType(), CurrencyType(), PercentType(), RatingType(), ProgressType(),
    DurationType(), SingleSelectType(), MultiSelectType(), CascadeType(), CheckboxType(), DateType(), DateTimeType(),
    PhoneType(), EmailType(), UrlType(), LocationType(), AttachmentType(), MemberType(), BarcodeType(), JsonType(), LinkType(),
    LookupType(), RollupType(), FormulaType(), StateTimeType(), AutoNumberType(), CreatedTimeType(), UpdatedTimeType(), CreatedByType(), UpdatedByType(), ButtonType(),
)  # fmt: skip

_BY_NAME = {kind.name: kind for kind in TYPES}
# asked for at every cell: the class of a configuration is found quicker than its name
_BY_CONFIG: dict[type[object], FieldType] = {}


def get_by_name(name: str) -> FieldType:
    """The field type called ``name``.

    Raises:
        InvalidDefinition: there is none.
    """
    found = _BY_NAME.get(name)
    if found is None:
        raise InvalidDefinition(N_("没有「{type}」这种字段"), code="unknown_field_type", type=name)
    return found


def get(config: FieldConfig) -> FieldType:
    """The field type a configuration belongs to."""
    found = _BY_CONFIG.get(type(config))
    if found is None:
        found = _BY_CONFIG[type(config)] = _BY_NAME[type_name(config)]
    return found
