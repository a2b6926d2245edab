"""The errors the stand-in answers with: JSON bodies of `code` and `message`, as the real server
sends them.
"""

from __future__ import annotations


class ApiError(Exception):
    """An answer other than success.

    In: `message`, what went wrong and with what. Subclasses fix the HTTP status.
    """

    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BadRequestError(ApiError):
    """The body, a parameter or the state of the entity does not allow the call."""

    status = 400


class NotAuthorizedError(ApiError):
    """No token, or not the one this server was started with."""

    status = 401


class ForeignRequestError(ApiError):
    """A page of another site sent the call, or another name than this server's led to it."""

    status = 403


class NotFoundError(ApiError):
    """The entity named does not exist, or is soft-deleted and was not asked for."""

    status = 404

    @classmethod
    def instance(cls, entity_type: str, key: str) -> NotFoundError:
        """Use the server's sentence for an entity that is not there."""
        return cls(f"{entity_type} instance for {key} not found")


class ConflictError(ApiError):
    """A POST of an entity that exists."""

    status = 409

    def __init__(self) -> None:
        super().__init__("Entity already exists")


class TooLargeError(ApiError):
    """More entities in one call than the server takes."""

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
    """The policies of the server keep the caller from it."""

    status = 403


class LineageConflictError(ApiError):
    """Another call changed the same document of the search index at the same time."""

    status = 500
