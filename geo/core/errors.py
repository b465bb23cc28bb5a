"""The errors that the domain raises, and the one table that gives each its HTTP status.

Leaves their rendering to the packages that answer requests.
"""

from __future__ import annotations

from http import HTTPStatus


class DomainError(Exception):
    """What was asked cannot be done. `field` names the input at fault, if there is one.

    `message` is French, fit for the screen, and holds no precise location.
    """

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(DomainError):
    """A value is malformed or out of range."""


class UnusableGeometry(DomainError):
    """A well-formed geometry that cannot be used: self-crossing, outside France, too detailed."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class NotFound(DomainError):
    """The object does not exist in the reader's scope."""

    status = HTTPStatus.NOT_FOUND


class Forbidden(DomainError):
    """The reader may see the object but not do this."""

    status = HTTPStatus.FORBIDDEN


class Conflict(DomainError):
    """Someone changed the object meanwhile, or its state does not allow this."""

    status = HTTPStatus.CONFLICT


class SourceUnavailable(DomainError):
    """An outside service did not answer, or not as its contract says."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class SourceSilent(SourceUnavailable):
    """An outside service gave no usable answer at all, after all the tries that it is granted."""


class TooCostly(DomainError):
    """The answer would take longer than the service grants."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
