"""Field types, one file per family: how a value is stored, read from what a person typed, shown, asked for and compared.

``get(config)`` finds the type of a field's configuration; :data:`runtime.fieldtypes.registry.TYPES` is the whole list.
"""

from runtime.fieldtypes.base import BadValue, Context, FieldType
from runtime.fieldtypes.registry import TYPES, get, get_by_name

__all__ = ["TYPES", "BadValue", "Context", "FieldType", "get", "get_by_name"]
