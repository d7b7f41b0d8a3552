"""Runs TF Serving: a Docker command, docker-compose and Kubernetes files."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shlex
import textwrap
from collections.abc import Sequence

REST, GRPC = 8501, 8500
CONFIGURATION = "/config"
MODELS = "/models"


@dataclasses.dataclass(frozen=True)
class Target:
    """Machine or cluster that a server runs on.

    Attributes:
        models: folder of models, absolute.
        image: of TF Serving, without the ending "-gpu"; see
            `serving.config.image`.
        gpus: number of GPUs of a server; 0 for a CPU.
        claim: name of the Kubernetes volume claim that holds the models.
    """

    models: pathlib.Path
    image: str
    gpus: int = 1
    claim: str = "models"

    @property
    def full_image(self) -> str:
        """The image for a GPU or a CPU."""
        return f"{self.image}-gpu" if self.gpus else self.image


def flags() -> list[str]:
    """Returns the command-line flags of TF Serving.

    A label may name a version that is still loading, so that the start and
    each push need only one configuration.
    """
    return [
        f"--model_config_file={CONFIGURATION}/models.config",
        "--model_config_file_poll_wait_seconds=30",
        "--allow_version_labels_for_unavailable_models=true",
        "--enable_batching=true",
        f"--batching_parameters_file={CONFIGURATION}/batching.txt",
        f"--monitoring_config_file={CONFIGURATION}/monitoring.txt",
        "--num_load_threads=1",
    ]


def docker(target: Target, configuration: pathlib.Path) -> str:
    """Returns the command that runs a server for this machine's users."""
    words = ["docker", "run", "--rm"]
    if target.gpus:
        words += ["--gpus", str(target.gpus)]
    for port in (GRPC, REST):
        words += ["-p", f"127.0.0.1:{port}:{port}"]
    words += ["-v", f"{target.models}:{MODELS}:ro"]
    words += ["-v", f"{configuration}:{CONFIGURATION}:ro"]
    if target.gpus:
        words += ["-e", "TF_FORCE_GPU_ALLOW_GROWTH=true"]
    return shlex.join([*words, target.full_image, *flags()])


def compose(target: Target, configuration: pathlib.Path) -> str:
    """Returns a docker-compose file of one server."""
    volumes = [
        f"{target.models}:{MODELS}:ro",
        f"{configuration}:{CONFIGURATION}:ro",
    ]
    lines = [
        "services:",
        "  tensorflow-serving:",
        f"    image: {json.dumps(target.full_image)}",
        "    restart: unless-stopped",
        "    command:",
        *(f"      - {json.dumps(flag)}" for flag in flags()),
        "    ports:",
        *(f'      - "127.0.0.1:{port}:{port}"' for port in (GRPC, REST)),
        "    volumes:",
        *(f"      - {json.dumps(volume)}" for volume in volumes),
    ]
    if target.gpus:
        lines += [
            "    environment:",
            '      TF_FORCE_GPU_ALLOW_GROWTH: "true"',
            "    deploy:",
            "      resources:",
            "        reservations:",
            "          devices:",
            "            - driver: nvidia",
            f"              count: {target.gpus}",
            "              capabilities: [gpu]",
        ]
    return "\n".join([*lines, ""])


def kubernetes(
    target: Target, names: Sequence[str], configuration: pathlib.Path
) -> str:
    """Returns a deployment with configuration, service and autoscaling.

    A pod is ready once TF Serving answers its probes: it opens its ports only
    after it has loaded every model.

    Args:
        target: where it runs.
        names: of the models; the probes ask for the state of the first one.
        configuration: folder that holds TF Serving's files.
    """
    contents = "".join(
        f"  {name}: |\n"
        + textwrap.indent((configuration / name).read_text("utf-8"), "    ")
        for name in ("models.config", "batching.txt", "monitoring.txt")
    )
    arguments = "\n".join(f"            - {json.dumps(x)}" for x in flags())
    limits = f"\n              nvidia.com/gpu: {target.gpus}"
    return _KUBERNETES.format(
        files=contents,
        image=json.dumps(target.full_image),
        arguments=arguments,
        limits=limits if target.gpus else "",
        probe=f"/v1/models/{names[0]}",
        claim=target.claim,
        grpc=GRPC,
        rest=REST,
        models=MODELS,
        configuration=CONFIGURATION,
    )


_KUBERNETES = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: emotion-serving
data:
{files}---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: emotion-serving
  labels: {{app: emotion-serving}}
spec:
  selector:
    matchLabels: {{app: emotion-serving}}
  strategy:
    rollingUpdate: {{maxUnavailable: 0, maxSurge: 1}}
  template:
    metadata:
      labels: {{app: emotion-serving}}
      annotations:
        prometheus.io/scrape: "true"
        prometheus.io/port: "{rest}"
        prometheus.io/path: /monitoring/prometheus/metrics
    spec:
      terminationGracePeriodSeconds: 60
      containers:
        - name: tensorflow-serving
          image: {image}
          args:
{arguments}
          ports:
            - {{name: grpc, containerPort: {grpc}}}
            - {{name: rest, containerPort: {rest}}}
          env:
            - {{name: TF_FORCE_GPU_ALLOW_GROWTH, value: "true"}}
          resources:
            requests:
              cpu: "2"
              memory: 4Gi
            limits:
              memory: 8Gi{limits}
          startupProbe:
            httpGet: {{path: {probe}, port: rest}}
            periodSeconds: 5
            failureThreshold: 120
          readinessProbe:
            httpGet: {{path: {probe}, port: rest}}
            periodSeconds: 5
          livenessProbe:
            tcpSocket: {{port: grpc}}
            periodSeconds: 10
            failureThreshold: 6
          lifecycle:
            preStop:
              exec: {{command: ["sleep", "10"]}}
          securityContext:
            allowPrivilegeEscalation: false
          volumeMounts:
            - {{name: models, mountPath: {models}, readOnly: true}}
            - name: configuration
              mountPath: {configuration}
              readOnly: true
      volumes:
        - name: models
          persistentVolumeClaim: {{claimName: {claim}, readOnly: true}}
        - name: configuration
          configMap: {{name: emotion-serving}}
---
apiVersion: v1
kind: Service
metadata:
  name: emotion-serving
spec:
  clusterIP: None
  selector: {{app: emotion-serving}}
  ports:
    - {{name: grpc, port: {grpc}}}
    - {{name: rest, port: {rest}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: emotion-serving
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: emotion-serving
  minReplicas: 1
  maxReplicas: 4
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {{type: Utilization, averageUtilization: 70}}
"""
