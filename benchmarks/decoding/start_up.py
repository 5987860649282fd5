"""From nothing to the first translation, in a fresh process each time."""

from figures import spread
from workers import WorkerProcess


def measure_start_up(bundle, folder, systems, repetitions, logs):
    """Starts each system, lets it translate one sentence, and ends it; systems in turn.

    The first start is not counted: it brings files from the disk into memory.

    Returns:
        List of dicts: `import_seconds` of the libraries, `load_seconds` of the model,
        `first_seconds` of the first sentence, `process_seconds` from the start of the process to
        the loaded model, interpreter included, and `loaded_megabytes`.
    """
    records = []
    for repetition in range(repetitions + 1):
        for system in systems:
            worker = WorkerProcess(system, folder, 1, logs)
            try:
                first = worker.ask("latency", beam=1, rows=[0], warm_up_seconds=None)
            finally:
                worker.close()
            if repetition == 0:
                continue
            records.append(
                {
                    "model": bundle.name,
                    "system": system.name,
                    **worker.start_up,
                    "first_seconds": first["milliseconds"][0] / 1e3,
                }
            )
    return records


def summarize_start_up(records):
    """Dict (model, system) -> dict of `Spread`."""
    groups = {}
    for record in records:
        groups.setdefault((record["model"], record["system"]), []).append(record)
    return {
        key: {
            name: spread([record[name] for record in group])
            for name in group[0]
            if name not in ("model", "system")
        }
        for key, group in groups.items()
    }
