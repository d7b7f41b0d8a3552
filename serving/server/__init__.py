"""A server of TF Serving's own interfaces, without Docker.

    rest ──┐
           ├──▶ prediction ──▶ models ──▶ batching ──▶ servable
    rpc  ──┘

`rest` and `rpc` speak HTTP and gRPC, `prediction` knows what a request may be,
`models` which version answers it, `batching` what it is computed together
with, and `servable` holds one SavedModel in a TensorFlow session.
"""
