"""The error answers of the stand-in: like the real server's, JSON with `code` and `message`."""

from __future__ import annotations


class ApiError(Exception):
    """An error answer. Each subclass has its HTTP status.

    In: `message`, what failed, and for which entity.
    """

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequestError(ApiError):
    """The body, a parameter or the state of the entity does not allow the call."""

    status = 400


class NotAuthorizedError(ApiError):
    """The token is missing, or differs from the one that this server was started with."""

    status = 401


class ForeignRequestError(ApiError):
    """A page of another site sent the call, or the call used another host name."""

    status = 403


class NotFoundError(ApiError):
    """The entity does not exist, or is soft-deleted and the call excludes such entities."""

    status = 404

    @classmethod
    def instance(cls, entity_type: str, key: str) -> NotFoundError:
        """Return the error with the server's sentence for a missing entity."""
        return cls(f"{entity_type} instance for {key} not found")


class ConflictError(ApiError):
    """A POST of an entity that exists."""

    status = 409

    def __init__(self) -> None:
        super().__init__("Entity already exists")


class TooLargeError(ApiError):
    """The call holds more entities than the server accepts."""

    status = 413


class PreconditionFailedError(ApiError):
    """An `If-Match` that names another version than the stored one."""

    status = 412


class PatchFailedError(ApiError):
    """A JSON Patch that cannot be applied to the stored entity: the server answers 500."""

    status = 500


class UnknownRouteError(ApiError):
    """No such path under the API."""

    status = 404


class UnknownRouteOf12Error(ApiError):
    """No such path under the API: 1.2 answers 500 rather than 404."""

    status = 500


class MethodNotAllowedError(ApiError):
    """A path under the API that has no such method."""

    status = 405


class ForbiddenError(ApiError):
    """A policy of the server denies the call."""

    status = 403


class LineageConflictError(ApiError):
    """Another call changed the same document of the search index at the same time."""

    status = 500
