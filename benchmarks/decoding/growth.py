"""What a token costs as the translation grows: our cache beside one that is full from the start."""

from figures import spread
from workers import WorkerProcess

BATCH_SIZE = 32
LENGTHS = (16, 32, 64, 128, 256)
_THREADS = 2


def measure_growth(bundle, folder, systems, lengths, repetitions, logs):
    """Greedy translation of one batch to each length, shortest first; systems in turn.

    Args:
        bundle, folder: a `Bundle` whose translations never end by themselves, and its folder.
        systems: list of `System`.
        lengths: of the translations.
        repetitions: how often each length is measured.
        logs: folder for what the processes print.

    Returns:
        List of dicts: `seconds` of the whole call, encoder included, `peak_megabytes`, and
        `loaded_megabytes`, memory before the first call.
    """
    workers, records = [], []
    try:
        for system in systems:
            workers.append(WorkerProcess(system, folder, _THREADS, logs))
        for length in lengths:
            for repetition in range(repetitions):
                for worker in workers:
                    records.append(
                        {
                            "model": bundle.name,
                            "system": worker.system.name,
                            "length": length,
                            "repetition": repetition,
                            "loaded_megabytes": worker.start_up["loaded_megabytes"],
                            **worker.ask("forced", batch_size=BATCH_SIZE, length=length),
                        }
                    )
    finally:
        for worker in workers:
            worker.close()
    return records


def summarize_growth(records):
    """Median over the repetitions.

    Returns:
        Dict (model, system, length) -> dict of `Spread`: `milliseconds_per_step` (a step gives
        each sentence of the batch one token), and `megabytes`, peak over what was loaded.
    """
    groups = {}
    for record in records:
        key = record["model"], record["system"], record["length"]
        groups.setdefault(key, []).append(record)
    return {
        key: {
            "milliseconds_per_step": spread([1e3 * r["seconds"] / key[2] for r in group]),
            "megabytes": spread([r["peak_megabytes"] - r["loaded_megabytes"] for r in group]),
        }
        for key, group in groups.items()
    }
