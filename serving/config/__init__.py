"""Configuration files of TF Serving and of the container that runs it.

Other packages may use `models_config`, which writes TF Serving's own files,
`deployment`, which writes the Docker command, docker-compose and Kubernetes
files, and `image`, which chooses the release of TF Serving.
"""

from serving.config import deployment, image, models_config

__all__ = ["deployment", "image", "models_config"]
