"""The virtual environment of the peers, apart from ours: their requirements would collide."""

import json
import subprocess
import sys
from pathlib import Path

_REQUIREMENTS = Path(__file__).with_name("peers.txt")
_VERSIONS = """
import importlib.metadata, json
names = ("ctranslate2", "transformers", "torch", "numpy")
print(json.dumps({name: importlib.metadata.version(name) for name in names}))
"""


def peers_python(folder):
    """The interpreter of the peers; makes the environment where it is missing or out of date.

    Args:
        folder: of the virtual environment.

    Returns:
        Path of its `python`.
    """
    folder = Path(folder)
    python, installed = folder / "bin" / "python", folder / "installed.txt"
    wanted = _REQUIREMENTS.read_text(encoding="utf-8")
    if not installed.exists() or installed.read_text(encoding="utf-8") != wanted:
        print(f"Installing the peers into {folder}", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = ["-m", "pip", "install", "--quiet", "-r", str(_REQUIREMENTS)]
        subprocess.run([str(python), *install], check=True)
        installed.write_text(wanted, encoding="utf-8")
    return python


def peer_versions(python):
    """Name -> version of what is installed for an interpreter."""
    done = subprocess.run([str(python), "-c", _VERSIONS], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{python} lacks a peer: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout)
