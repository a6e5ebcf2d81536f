"""Which call the work at hand belongs to; it travels with the task, so that every log line can name it."""

from contextvars import ContextVar

current_call_id: ContextVar[str] = ContextVar("call_id", default="")  # empty: no call's, the driver's own work
