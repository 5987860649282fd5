"""`report.html`: one file without scripts, which asks for nothing from anywhere."""

from pathlib import Path

from keras_transformer.visualization.report.parts import bar, facts, missing_note
from keras_transformer.visualization.report.text import escaped
from keras_transformer.visualization.report.training import corpus_section, curves_section
from keras_transformer.visualization.report.translations import (
    lengths_section,
    translations_section,
)

# Nothing but the styles in the file may be used: no script runs, even were a text to slip through
# unescaped, and no request leaves the page.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def report_page(report):
    """The page as text.

    Args:
        report: `Report`.

    Returns:
        HTML that is whole by itself.
    """
    sections = [
        ("scores", "Scores", scores_section(report)),
        ("curves", "Training", curves_section(report)),
        ("lengths", "Scores by sentence length", lengths_section(report)),
        ("translations", "Translations", translations_section(report)),
        ("corpus", "Corpus", corpus_section(report)),
        ("configuration", "Configuration", configuration_section(report)),
        ("machine", "Machine and versions", machine_section(report)),
    ]
    style = Path(__file__).with_name("style.css").read_text(encoding="utf-8")
    links = "".join(f'<a href="#{name}">{title}</a>' for name, title, _ in sections)
    body = "".join(
        f'<section id="{name}"><h2>{title}</h2>{content}</section>'
        for name, title, content in sections
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(report.name)}: report</title>\n<style>{style}</style>\n</head>\n"
        f"<body>\n{_header(report)}<nav>{links}</nav>\n{body}\n"
        f"<footer>Written {escaped(report.written)} by <code>keras-transformer report</code>."
        "</footer>\n</body>\n</html>\n"
    )


def _header(report):
    kind, word = ("done", "finished") if report.finished else ("open", "not finished")
    languages = ""
    if any(report.languages):
        source, target = (escaped(code or "?") for code in report.languages)
        languages = f" <span class='soft'>{source} → {target}</span>"
    return (
        f'<header><h1>{escaped(report.name)}{languages}<span class="pill {kind}">{word}</span>'
        f"</h1><p>{escaped(report.status)}</p>{facts(report.model)}</header>\n"
    )


def scores_section(report):
    """BLEU, chrF and the others as tiles, and how they were computed."""
    scores = report.scores
    if scores is None:
        return missing_note(report, "scores")
    tiles = [
        (f"{scores['bleu']:.2f}", "BLEU"),
        (f"{scores['chrf']:.2f}", "chrF"),
        (f"{scores['exact']:.1%}", "exactly right"),
    ]
    if "context_words_right" in scores:
        tiles.append((f"{scores['context_words_right']:.1%}", "context-dependent words right"))
    shown = "".join(f'<div class="tile"><b>{v}</b><span>{name}</span></div>' for v, name in tiles)
    rest = [
        f"<p class='small soft'>On {scores['sentences']:,} sentences of the {scores['set']} set, "
        f"translated {escaped(report.decoding)}.<br>"
        f"BLEU: <code>{escaped(scores['bleu_signature'])}</code><br>"
        f"chrF: <code>{escaped(scores['chrf_signature'])}</code></p>"
    ]
    if "baselines" in scores:
        rest.append(_baselines(scores))
    if "context_words" in scores:
        rest.append(_context_words(scores["context_words"]))
    return f'{missing_note(report, "scores")}<div class="tiles">{shown}</div>{"".join(rest)}'


def _baselines(scores):
    bars = [("this model", scores["bleu"]), *scores["baselines"].items()]
    rows = "".join(
        f'<tr><th scope="row">{escaped(name)}</th><td class="n">{bleu:.2f}</td>'
        f'<td class="wide">{bar(bleu)}</td></tr>'
        for name, bleu in bars
    )
    return f'<div class="card"><h3>BLEU beside simple methods</h3><table>{rows}</table></div>'


def _context_words(words):
    text = ", ".join(f"{escaped(word)} {right}/{total}" for word, (right, total) in words.items())
    return (
        '<div class="card"><h3>Words that only context tells apart</h3>'
        f"<p>Translated as the sentence asks: {text}.</p></div>"
    )


def configuration_section(report):
    """How to repeat the run, what was set, and all settings."""
    commands = "".join(
        f"<p class='small soft' style='margin:0'>{escaped(label)}</p><pre>{escaped(command)}</pre>"
        for label, command in report.commands.items()
    )
    rows = "".join(
        f"<tr><td><code>{escaped(key)}</code></td><td><code>{escaped(value)}</code></td>"
        f"<td class='soft'><code>{escaped(default)}</code></td></tr>"
        for key, value, default in report.changed
    )
    changed = (
        "<h3>Settings that differ from the defaults</h3><div class='scroll'><table>"
        f"<tr><th>setting</th><th>here</th><th>default</th></tr>{rows}</table></div>"
        if rows
        else "<p>Every setting has its default.</p>"
    )
    return (
        f'<div class="card"><h3>To repeat this run</h3>{commands}</div>'
        f'<div class="card">{changed}<details><summary>All settings, config.yaml</summary>'
        f"<pre>{escaped(report.settings)}</pre></details></div>"
    )


def machine_section(report):
    """The machines it was trained on and their versions."""
    return missing_note(report, "machine") + "".join(map(facts, report.machines))
