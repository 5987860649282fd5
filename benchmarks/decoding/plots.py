"""Pictures of the results."""

from report import OURS, RIVAL, cells_of, speed_ratio, systems_of

_WIDTH, _HEIGHT = 10, 4


def plot_speed(summaries, models, path):
    """Bars: how many times as fast as CTranslate2 in float32 every system is, cell by cell."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT * len(models)), layout="constrained")
    for axes, model in zip(figure.subplots(len(models), squeeze=False)[:, 0], models, strict=True):
        cells = cells_of(summaries, model)
        systems = sorted({system for name, system, _ in summaries if name == model})
        width = 0.8 / len(systems)
        for number, system in enumerate(systems):
            ratios = [
                speed_ratio(systems_of(summaries, model, cell), cell, system, RIVAL) or 0
                for cell in cells
            ]
            shift = (number - len(systems) / 2 + 0.5) * width
            places = [place + shift for place in range(len(cells))]
            axes.bar(places, ratios, width, label=system, zorder=3 if system == OURS else 2)
        axes.axhline(1, color="black", linewidth=0.8)
        axes.set_xticks(range(len(cells)), [str(cell).replace(", ", "\n") for cell in cells])
        axes.set_ylabel(f"times as fast as\n{RIVAL}")
        axes.set_title(model)
        axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(path, dpi=150)


def plot_growth(summaries, models, path):
    """Lines: milliseconds a step over the length of the translation, and peak memory."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT * len(models)), layout="constrained")
    names = {"milliseconds_per_step": "ms a step", "megabytes": "memory over the loaded model, MB"}
    grid = figure.subplots(len(models), len(names), squeeze=False)
    for row, model in zip(grid, models, strict=True):
        for axes, (name, label) in zip(row, names.items(), strict=True):
            systems = dict.fromkeys(key[1] for key in summaries if key[0] == model)
            for system in systems:
                points = [
                    (key[2], value[name].median)
                    for key, value in summaries.items()
                    if key[:2] == (model, system)
                ]
                axes.plot(*zip(*points, strict=True), marker="o", label=system)
            axes.set(title=model, xlabel="tokens of a translation", ylabel=label)
            axes.set_ylim(bottom=0)
            axes.legend()
    figure.savefig(path, dpi=150)
