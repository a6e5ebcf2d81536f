"""Elements of arrays: by index or by key, out and in."""

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.values import NOTHING, Array, Value, render_value


def find_element(container: Value, key: Value) -> Value:
    """Return an element; nothing if there is none, or if this is no array."""
    if not isinstance(container, Array):
        return NOTHING
    if isinstance(key, int) and not isinstance(key, bool):
        return container.items[key] if 0 <= key < len(container.items) else NOTHING
    return dict(container.keyed).get(render_value(key), NOTHING)


def with_element(container: Value, key: Value, value: Value) -> Array:
    """Return the array with one element set; anything but an array counts as an empty one."""
    array = container if isinstance(container, Array) else Array()
    if isinstance(key, int) and not isinstance(key, bool):
        if not 0 <= key <= len(array.items):
            message = "no such index"
            raise Failure(message)
        return Array((*array.items[:key], value, *array.items[key + 1 :]), array.keyed)
    keyed = dict(array.keyed) | {render_value(key): value}
    return Array(array.items, tuple(sorted(keyed.items())))


def join_arrays(left: Value, right: Value) -> Array:
    """Put two together, as `,` does; what is no array is one element."""
    one, other = _as_array(left), _as_array(right)
    keyed = dict(one.keyed) | dict(other.keyed)
    return Array(one.items + other.items, tuple(sorted(keyed.items())))


def _as_array(value: Value) -> Array:
    return value if isinstance(value, Array) else Array((value,))
