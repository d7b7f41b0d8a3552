"""`python -m serving.config`: the files, parsed by TF Serving's messages."""

from __future__ import annotations

import json
import shlex

import commands
import pytest
import tensorflow
import yaml
from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    message_factory,
    text_format,
    wrappers_pb2,
)
from tensorflow_serving.config import model_server_config_pb2

from serving import versions
from serving.config import __main__ as command
from serving.config import image, models_config

IMAGE = f"tensorflow/serving:{image.release(tensorflow.__version__)}"


@pytest.fixture
def models(tmp_path):
    """Two models: one pushed, with a canary, and one just put there."""
    for name in ("pushed/1", "pushed/2", "pushed/3", "put/7", "empty"):
        (tmp_path / "models" / name).mkdir(parents=True)
    versions.relabel(tmp_path / "models/pushed", {"stable": 2, "canary": 3})
    return tmp_path / "models"


def run(*words) -> commands.Done:
    return commands.run(command.main, *words)


def server_config(text: str):
    message = model_server_config_pb2.ModelServerConfig()
    return text_format.Parse(text, message).model_config_list.config


def test_models_are_pinned_to_their_labels(models):
    pushed, put = server_config(run(models).out)
    assert (pushed.name, put.name) == ("pushed", "put")
    assert pushed.base_path == "/models/pushed"
    assert pushed.model_platform == "tensorflow"
    assert pushed.model_version_policy.specific.versions == [2, 3]
    assert dict(pushed.version_labels) == {"stable": 2, "canary": 3}
    assert not put.HasField("model_version_policy")


def test_models_can_be_chosen_and_versions_added(models):
    done = run(models, "--model=pushed", "--load=1", "--load=9", "--base=/m")
    (pushed,) = server_config(done.out)
    assert pushed.model_version_policy.specific.versions == [1, 2, 3]
    assert pushed.base_path == "/m/pushed"


def test_a_label_of_a_version_that_is_gone_is_refused(models):
    (models / "pushed/3").rmdir()
    assert "'canary' names version 3, which is not" in run(models).sentence


@pytest.mark.parametrize(
    "words, code, sentence",
    [
        (["models", "--model=x"], 2, "holds no model 'x'. It holds: pushed, p"),
        (["models/empty"], 1, "holds no model. Push one"),
        (["nowhere"], 1, "nowhere must be a folder of models"),
    ],
)
def test_mistakes_end_in_a_sentence(models, words, code, sentence, monkeypatch):
    monkeypatch.chdir(models.parent)
    done = run(*words)
    assert done.code == code and sentence in done.sentence


LABELS = {"optional": 1, "repeated": 3}
TYPES = {"int64": 3, "bool": 8, "string": 9, "message": 11}


def message(name: str, **messages: list[tuple]):
    """A message class of TF Serving that its Python package leaves out."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{name}.proto", package="tensorflow.serving", syntax="proto3"
    )
    file.dependency.append(wrappers_pb2.DESCRIPTOR.name)
    for title, fields in messages.items():
        definition = file.message_type.add(name=title)
        for number, label, kind, field in fields:
            entry = definition.field.add(
                name=field, number=number, label=LABELS[label]
            )
            entry.type = TYPES.get(kind, TYPES["message"])
            if kind not in TYPES:
                entry.type_name = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    descriptor = pool.FindMessageTypeByName(f"tensorflow.serving.{name}")
    return message_factory.GetMessageClass(descriptor)()


INT = ".google.protobuf.Int64Value"
BATCHING = [
    (1, "optional", INT, "max_batch_size"),
    (2, "optional", INT, "batch_timeout_micros"),
    (3, "optional", INT, "max_enqueued_batches"),
    (4, "optional", INT, "num_batch_threads"),
    (6, "repeated", "int64", "allowed_batch_sizes"),
    (7, "optional", "bool", "pad_variable_length_inputs"),
]
PROMETHEUS = [
    (1, "optional", "bool", "enable"),
    (2, "optional", "string", "path"),
]
MONITORING = [
    (1, "optional", ".tensorflow.serving.PrometheusConfig", "prometheus_config")
]


def test_the_image_follows_the_newest_export(models):
    for version, exporter in ((1, "2.18.0"), (3, "2.19.0")):
        extra = models / f"pushed/{version}/assets.extra"
        extra.mkdir()
        tested = {"versions": {"tensorflow": exporter, "keras": "3.10.0"}}
        (extra / "tested.json").write_text(json.dumps(tested))
    done = run(models, "--out", models.parent / "deploy")
    assert "tensorflow/serving:2.19.1-gpu" in shlex.split(done.out)
    done = run(models, "--out", models.parent / "deploy", "--model=put")
    assert f"{IMAGE}-gpu" in shlex.split(done.out)
    done = run(models, "--out", models.parent / "deploy", "--image=my/own:1")
    assert "my/own:1-gpu" in shlex.split(done.out)


def test_batching_is_what_tf_serving_takes():
    empty = message("BatchingParameters", BatchingParameters=BATCHING)
    parsed = text_format.Parse(models_config.batching(), empty)
    assert parsed.allowed_batch_sizes[-1] == parsed.max_batch_size.value
    assert list(parsed.allowed_batch_sizes) == sorted(
        parsed.allowed_batch_sizes
    )
    assert parsed.pad_variable_length_inputs
    assert parsed.batch_timeout_micros.value == 2000


def test_monitoring_is_what_tf_serving_takes():
    empty = message(
        "MonitoringConfig",
        PrometheusConfig=PROMETHEUS,
        MonitoringConfig=MONITORING,
    )
    parsed = text_format.Parse(models_config.monitoring(), empty)
    assert parsed.prometheus_config.enable
    assert parsed.prometheus_config.path == "/monitoring/prometheus/metrics"


@pytest.fixture
def written(models, tmp_path):
    done = run(models, "--out", tmp_path / "deploy")
    assert done.code == 0, done.err
    return done, tmp_path / "deploy"


def test_the_docker_command_names_what_is_there(written, models):
    done, folder = written
    words = shlex.split(done.out)
    assert words[:2] == ["docker", "run"]
    assert words[words.index("--gpus") + 1] == "1"
    assert f"{models}:/models:ro" in words and f"{folder}:/config:ro" in words
    assert "127.0.0.1:8501:8501" in words
    assert f"{IMAGE}-gpu" in words
    for flag in words:
        if flag.startswith("--") and "=/config/" in flag:
            assert (folder / flag.partition("=/config/")[2]).exists()


def test_without_a_gpu_none_is_asked_for(models, tmp_path):
    done = run(models, "--out", tmp_path / "deploy", "--gpus=0")
    assert "--gpus" not in done.out and "-gpu" not in done.out
    for name in (command.COMPOSE, command.KUBERNETES):
        text = (tmp_path / "deploy" / name).read_text()
        assert "nvidia" not in text and "-gpu" not in text


def test_compose_is_read_as_it_is_meant(written):
    text = (written[1] / command.COMPOSE).read_text()
    service = yaml.safe_load(text)["services"]["tensorflow-serving"]
    assert service["image"] == f"{IMAGE}-gpu"
    assert "--enable_batching=true" in service["command"]
    (device,) = service["deploy"]["resources"]["reservations"]["devices"]
    assert device == {"driver": "nvidia", "count": 1, "capabilities": ["gpu"]}


def test_kubernetes_has_probes_autoscaling_and_the_configuration(written):
    text = (written[1] / command.KUBERNETES).read_text()
    kinds = {part["kind"]: part for part in yaml.safe_load_all(text)}
    assert sorted(kinds) == [
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Service",
    ]
    files = kinds["ConfigMap"]["data"]
    assert len(server_config(files["models.config"])) == 2
    for name, content in files.items():
        assert content == (written[1] / name).read_text()
    pod = kinds["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    for probe in ("startupProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] == "/v1/models/pushed"
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert container["args"] == json.loads(json.dumps(container["args"]))
    mounted = {volume["name"] for volume in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}
    target = kinds["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]
    assert target["name"] == kinds["Deployment"]["metadata"]["name"]
