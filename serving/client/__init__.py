"""Client of TF Serving and of `serving.serve`: `Client`, `RequestFailed`."""

from serving.client.client import Client
from serving.client.transport import RequestFailed

__all__ = ["Client", "RequestFailed"]
