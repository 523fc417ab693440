"""A run's parts as one run, read with h5py alone: what the worker's tests compare."""

import pathlib

import h5py
import numpy

# What depends on the clock and not on the seed.
TIMES = {"pairs_per_second", "data_wait"}


def parts(run):
    """The parts of the recording, in order."""
    numbered = sorted(pathlib.Path(run).glob("recording-*.h5"),
                      key=lambda path: int(path.stem.split("-")[1]))
    return [pathlib.Path(run) / "recording.h5", *numbered]


def names(dataset):
    return [n.decode() if isinstance(n, bytes) else n for n in dataset.attrs["names"]]


def joined(run):
    """{dataset: {step: row}} of steps/… and snapshots/…, superseded rows left out.

    A part takes back the rows of earlier parts at and after its first_step, and those at and after
    its own first row of the kind; one without rows takes back nothing.
    """
    rows = {}
    for path in parts(run):
        with h5py.File(path, "r", swmr=True) as f:
            counts = {kind: len(f[kind]["step"]) for kind in ("steps", "snapshots")}
            for kind, count in counts.items():
                steps = f[kind]["step"][:count]
                first = f.attrs["first_step"] if any(counts.values()) else numpy.inf
                first = min([first, *steps[:1]])
                for name in f[kind]:
                    kept = {s: r for s, r in rows.get(f"{kind}/{name}", {}).items() if s < first}
                    values = f[kind][name][:count]
                    if f"{kind}/{name}" == "steps/scalars":
                        values = values[:, [n not in TIMES for n in names(f[kind][name])]]
                    kept.update((int(s), values[i].tobytes()) for i, s in enumerate(steps))
                    rows[f"{kind}/{name}"] = kept
    return rows


def assert_same(run, other, but=("steps/wall",)):
    """Every row of both runs is the same, bit for bit."""
    a, b = joined(run), joined(other)
    assert a.keys() == b.keys(), (a.keys(), b.keys())
    for name in a.keys() - set(but):
        assert list(a[name]) == list(b[name]), (name, list(a[name]), list(b[name]))
        differing = [step for step in a[name] if a[name][step] != b[name][step]]
        assert not differing, f"{name}: rows of steps {differing[:10]} differ"


def tensors(path):
    """The tensors' bytes of a safetensors file, and its header without what the clock decides."""
    data = pathlib.Path(path).read_bytes()
    length = int.from_bytes(data[:8], "little")
    import json
    header = json.loads(data[8:8 + length])
    header["__metadata__"].pop("wall_seconds", None)
    return header, data[8 + length:]


def assert_same_checkpoint(run, other, step):
    for kind in ("safetensors", "optimizer.safetensors"):
        name = f"checkpoints/step-{step:08}.{kind}"
        assert tensors(run / name) == tensors(other / name), name
