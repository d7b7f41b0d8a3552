"""Client of TF Serving and of `serving.serve`."""

from serving.client.client import Client
