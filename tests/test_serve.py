"""The deployment files of serve/."""

import re
from pathlib import Path

import pytest
import yaml

from keras_transformer.config import ExportConfig

SERVE = Path(__file__).parent.parent / "serve"


@pytest.mark.tensorflow
def test_the_model_configuration_is_what_the_server_reads():
    from google.protobuf import text_format
    from tensorflow_serving.config import model_server_config_pb2

    text = (SERVE / "models.config").read_text()
    config = text_format.Parse(text, model_server_config_pb2.ModelServerConfig())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == ("translator", "/models/translator")
    assert model.model_version_policy.latest.num_versions == 1


def test_batch_sizes_fit_together_and_are_warmed_up():
    text = (SERVE / "batching.config").read_text()
    allowed = [int(size) for size in re.findall(r"^allowed_batch_sizes: (\d+)", text, re.M)]
    (largest,) = re.findall(r"^max_batch_size \{ value: (\d+) \}", text, re.M)
    assert allowed == sorted(set(allowed))
    assert allowed[-1] == int(largest)
    assert tuple(allowed) == ExportConfig().warmup_batch_sizes


def test_requests_are_not_split():
    # Answers of `explain` are as wide as the longest text of a batch: halves do not fit together.
    lines = (SERVE / "batching.config").read_text().splitlines()
    settings = [line for line in lines if not line.startswith("#")]
    assert settings and not any("splitting" in line for line in settings)


def test_compose_reads_files_that_are_there_and_stays_on_loopback():
    service = yaml.safe_load((SERVE / "compose.yaml").read_text())["services"]["translator"]
    for option in service["command"]:
        if "=/config/" in option:
            assert (SERVE / option.split("=/config/")[1]).is_file(), option
    assert service["ports"] and all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert service["image"].endswith(":2.20.0")
    assert "--enable_profiler=false" in service["command"]
