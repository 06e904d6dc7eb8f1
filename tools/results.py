"""Write the table of the trained networks that the book's results page includes.

Every number comes from the record inside a file of ``dlscratch/weights``.
"""

from pathlib import Path

from dlscratch.layers import Conv2d, Linear, MaxPool2d
from dlscratch.models import Sequential

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "dlscratch" / "weights"
TABLE = ROOT / "book" / "results-table.md"


def layers(model):
    """Return a network in short, such as ``64–50–10`` or ``5×5 conv 30–pool–10``."""
    parts = []
    for layer in model.layers:
        if isinstance(layer, Linear):
            parts += [] if parts else [layer.config["n_in"]]
            parts.append(layer.config["n_out"])
        elif isinstance(layer, Conv2d):
            filters, _, height, width = layer.W.value.shape
            parts.append(f"{height}×{width} conv {filters}")
        elif isinstance(layer, MaxPool2d):
            parts.append("pool")
    return "–".join(map(str, parts))


def row(model):
    """Return the network's row in the table."""
    record = model.record
    cells = (
        f"`{record['name']}`",
        layers(model),
        f"{sum(p.value.size for p in model.parameters):,}",
        f"{record['train_accuracy']:.2%}",
        f"{record['test_accuracy']:.2%}",
    )
    return f"| {' | '.join(cells)} |"


def recipe(model):
    """Return a paragraph that says how the network was made."""
    record = model.record
    phases = record["epochs_and_learning_rates"]
    epochs = ", then ".join(
        f"{n} epoch{'s' * (n != 1)} at learning rate {lr:g}" for n, lr in phases
    )
    return (
        f"`{record['name']}`\n"
        f": Data: {record['data']}. Recipe: {record['recipe']}. "
        f"Activation: {record['activation']}. {epochs.capitalize()}; "
        f"batches of {record['batch_size']}; seed {record['seed']}. "
        f"Trained on {record['date']} in {record['seconds']:g} seconds "
        f"with NumPy {record['numpy']}. "
        f"SHA-256 of the parameters: `{record['sha256']}`."
    )


def table(folder=WEIGHTS):
    """Return the whole file's text, from the weights in a folder."""
    models = [Sequential.load(path) for path in sorted(folder.glob("*.npz"))]
    head = (
        "| Network | Layers | Parameters | Training data right | Test data right |",
        "|---|---|---:|---:|---:|",
    )
    note = "<!-- Written by tools/results.py; run `make labs` to renew it. -->"
    rows = "\n".join([*head, *map(row, models)])
    return "\n\n".join([note, rows, *map(recipe, models)]) + "\n"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
    print(f"wrote {TABLE.relative_to(ROOT)}")
