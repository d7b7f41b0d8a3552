"""A server with TF Serving's interfaces that needs no Docker.

    rest ──┐
           ├──▶ prediction ──▶ models ──▶ batching ──▶ servable
    rpc  ──┘

`rest` and `rpc` speak HTTP and gRPC, `prediction` checks requests, `models`
loads versions and chooses the one that answers, `batching` computes requests
together, and `servable` holds one SavedModel in a TensorFlow session.

Other packages use `serving.server.app.Server` and its `Options`. They are not
imported here, since they need the packages of the extra `serve`.
"""
