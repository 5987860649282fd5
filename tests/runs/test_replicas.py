"""One replica and two train alike: losses of 20 steps of Adam, weights after 20 steps of SGD.

Dropout is 0. Batches of 9 and 5 rows are uneven, and there are rows of padding.
"""

import json
import os
import socket
import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow  # once is enough, whatever backend the others run on

# Most of the time of JAX goes into compiling: less care.
QUICK = "--xla_backend_optimization_level=0"


def start(result, strategy, **environment):
    """`replica_program` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.runs.replica_program", str(result), strategy],
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(*processes):
    """What the first one, the chief, printed last."""
    outputs = [process.communicate(timeout=300) for process in processes]
    for process, (_, errors) in zip(processes, outputs, strict=True):
        assert process.returncode == 0, errors[-3000:]
    return json.loads(outputs[0][0].splitlines()[-1])


def compare(one, several):
    """The differences that there may be: of adding up in another order."""
    for optimizer in ("adam", "sgd"):
        expected, found = (
            {
                name.removeprefix(f"{kind}/{optimizer}/"): array
                for name, array in arrays.items()
                if name.startswith(f"{kind}/{optimizer}/")
            }
            for kind, arrays in (("one", one), ("several", several))
        )
        assert expected.keys() == found.keys() and len(expected) > 30
        assert len(expected["losses"]) == 20
        assert expected["losses"][-1] < expected["losses"][0] - 0.1  # something is learned
        np.testing.assert_allclose(found["losses"], expected["losses"], rtol=0, atol=1e-5)
        np.testing.assert_allclose(found["scores"], expected["scores"], rtol=1e-4, atol=1e-5)
        if optimizer == "sgd":
            for name, array in expected.items():
                np.testing.assert_allclose(found[name], array, rtol=0, atol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    """Both trainings in one process, on two parts of the processor."""
    result = tmp_path_factory.mktemp("mirrored") / "result.npz"
    described = finish(start(result, "mirrored"))
    assert described["replicas"] == 2
    assert any(rows % 2 for rows in described["rows"]) and len(described["rows"]) == 2
    assert described["padded_rows"] > 0
    assert 0.3 < described["dropped_alike"] < 0.7  # by chance: a half
    return dict(np.load(result))


def test_mirrored(mirrored):
    compare(mirrored, mirrored)


def test_two_workers(mirrored, tmp_path):
    ports = free_ports(2)
    cluster = {"worker": [f"localhost:{port}" for port in ports]}
    workers = [
        start(
            tmp_path / "result.npz",
            "multi_worker",
            TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
        )
        for index in range(2)
    ]
    assert finish(*workers)["replicas"] == 2
    compare(mirrored, dict(np.load(tmp_path / "result.npz")))


def test_data_parallel(tmp_path):
    result = tmp_path / "result.npz"
    process = start(result, "data_parallel", KERAS_BACKEND="jax", XLA_FLAGS=QUICK)
    assert finish(process)["replicas"] == 2
    results = dict(np.load(result))
    compare(results, results)


def free_ports(number):
    """Ports of this machine that nobody uses."""
    sockets = [socket.create_server(("localhost", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
