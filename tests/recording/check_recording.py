#!/usr/bin/python3
"""Checks a recording against the schema described in the README ("The recording").

    /usr/bin/python3 check_recording.py FILE [FILE …]

Prints every fault found, one a line; exit status 0 where there is none, 1 where there are, 2 where
a file cannot be opened. Works on finished files, on files still being written (SWMR), and on those
of a writer that died. Shares no code with the programs that write or read recordings: h5py and
NumPy only.

Axis letters: R steps, S snapshots, L MoE layers, E experts, K choices per token, N probe samples,
P patches, T text positions, Z embedding width.
"""
import sys

import h5py
import numpy as np

MODALITIES = ("image", "text")


class Checker:
    def __init__(self, file):
        self.file = file
        self.faults = []

    def fault(self, place, what):
        self.faults.append(f"{place}: {what}")

    def require(self, condition, place, what):
        if not condition:
            self.fault(place, what)
        return bool(condition)

    def attribute(self, name, kind, shape=(), of=None, place="/"):
        """The attribute's value, or None with a fault; kind is one of NumPy's type letters."""
        holder = self.file if of is None else of
        if not self.require(name in holder.attrs, place, f"attribute {name} is missing"):
            return None
        value = np.asarray(holder.attrs[name])
        if not self.require(value.dtype.kind == kind, place,
                            f"attribute {name} has type {value.dtype}, not kind {kind!r}"):
            return None
        ranks_fit = len(value.shape) == len(shape)
        fits = ranks_fit and all(w is None or w == g for w, g in zip(shape, value.shape))
        if not self.require(fits, place, f"attribute {name} has shape {value.shape}, not {shape}"):
            return None
        return value

    def dataset(self, path, dtype, shape, chunk=None, filters=(), growing=False, optional=False):
        """Checks a dataset; None in `shape` or `chunk` fits any size. Returns it, or None."""
        if path not in self.file:
            self.require(optional, path, "is missing")
            return None
        found = self.file[path]
        if not self.require(isinstance(found, h5py.Dataset), path, "is not a dataset"):
            return None
        if dtype == "S":
            fixed = found.dtype.kind == "S"
            self.require(fixed, path, f"has type {found.dtype}, not text of a fixed length")
        else:
            self.require(found.dtype == np.dtype(dtype), path,
                         f"has type {found.dtype}, not {np.dtype(dtype)}")
        fits = len(found.shape) == len(shape) and all(
            w is None or w == g for w, g in zip(shape, found.shape))
        if not self.require(fits, path, f"has shape {found.shape}, not {shape}"):
            return None
        if growing:
            self.require(found.maxshape[0] is None, path, "cannot grow")
            self.require(found.maxshape[1:] == found.shape[1:], path, "can grow sideways")
        else:
            self.require(found.maxshape == found.shape, path, "can grow")
        self.check_storage(path, found, chunk, filters)
        return found

    def check_storage(self, path, found, chunk, filters):
        plist = found.id.get_create_plist()
        present = tuple(plist.get_filter(i)[0] for i in range(plist.get_nfilters()))
        codes = {"shuffle": h5py.h5z.FILTER_SHUFFLE, "gzip": h5py.h5z.FILTER_DEFLATE}
        wanted = tuple(codes[name] for name in filters)
        self.require(present == wanted, path, f"has filters {present}, not {wanted}")
        if "gzip" in filters and present == wanted:
            level = plist.get_filter(present.index(codes["gzip"]))[2][0]
            self.require(level == 1, path, f"is compressed with gzip {level}, not 1")
        if chunk is None:
            self.require(found.chunks is None, path, f"has chunks {found.chunks}, not one piece")
        else:
            fits = found.chunks is not None and len(found.chunks) == len(chunk) and all(
                w is None or w == g for w, g in zip(chunk, found.chunks))
            self.require(fits, path, f"has chunks {found.chunks}, not {chunk}")
        self.require(plist.get_external_count() == 0, path, "lies partly in another file")

    def no_variable_length(self):
        def visit(name, item):
            types = [(name, item.dtype)] if isinstance(item, h5py.Dataset) else []
            for attribute in item.attrs:
                types.append((f"{name}@{attribute}", item.attrs.get_id(attribute).dtype))
            for place, dtype in types:
                self.require(not dtype.hasobject, place, "has variable-length data")
        visit("/", self.file)
        self.file.visititems(visit)


class Sizes:
    """Read from the datasets that define them."""


def check_attributes(c, sizes):
    text = {}
    for name in ("format", "program", "created", "run_id", "config"):
        value = c.attribute(name, "S")
        text[name] = None if value is None else value.item().decode()
    c.require(text["format"] == "limoe-routing", "/", f"format is {text['format']!r}")
    version = c.attribute("version", "i")
    c.require(version is None or version == 1, "/", f"version is {version}, not 1")
    complete = c.attribute("complete", "i")
    c.require(complete is None or complete in (0, 1), "/", f"complete is {complete}")
    part = c.attribute("part", "i")
    c.require(part is None or part >= 1, "/", f"part is {part}")
    first = c.attribute("first_step", "i")
    c.require(first is None or first >= 0, "/", f"first_step is {first}")
    sizes.first_step = 0 if first is None else int(first)
    if "parent_run_id" in c.file.attrs:  # a fork
        c.attribute("parent_run_id", "S")
        c.attribute("parent_folder", "S")
        step = c.attribute("parent_step", "i")
        c.require(step is None or 0 <= step, "/", f"parent_step is {step}")
    factor = c.attribute("probe_capacity_factor", "f")
    pairs = c.attribute("probe_group_pairs", "i")
    c.require(pairs is None or pairs >= 1, "/", f"probe_group_pairs is {pairs}")
    sizes.group_pairs = 1 if pairs is None else max(1, int(pairs))
    blocks = c.attribute("blocks", "i", (None,))
    sizes.L = 0 if blocks is None else len(blocks)
    # A dense model has no capacity.
    c.require(factor is None or factor > 0 or sizes.L == 0, "/",
              f"probe_capacity_factor is {factor}")
    grid = c.attribute("patch_grid", "i", (2,))
    sizes.P = 0 if grid is None else int(grid[0] * grid[1])
    if blocks is not None:
        c.require((blocks >= 0).all(), "/", f"blocks are {blocks}")


def check_probe(c, sizes):
    images = c.file["probe/images"]
    sizes.N, height, width = images.shape[:3]
    sizes.T = c.file["probe/token_ids"].shape[1]
    n, t, p = sizes.N, sizes.T, sizes.P
    c.dataset("probe/images", "u1", (n, height, width, 3), (1, height, width, 3), ("gzip",))
    c.dataset("probe/captions", "S", (n,))
    c.dataset("probe/source", "S", (n,))
    ids = c.dataset("probe/token_ids", "i4", (n, t))
    pieces = c.dataset("probe/pieces", "S24", (n, t))
    names = c.dataset("probe/label_names", "S32", (None,))
    sizes.labels = 0 if names is None else len(names)
    sizes.label_of = None
    if c.file["probe/labels"].size > 0:
        labels = c.dataset("probe/labels", "u2", (n, p), (None, p), ("gzip",))
        if labels is not None:
            sizes.label_of = labels[...]
            known = (sizes.label_of < sizes.labels) | (sizes.label_of == 65535)
            c.require(known.all(), "probe/labels", "has values that are no label")
    else:
        c.dataset("probe/labels", "u2", (0, p))
    if ids is not None and pieces is not None:
        sizes.is_token = ids[...] >= 0
        c.require(((ids[...] == -1) | sizes.is_token).all(), "probe/token_ids",
                  "has negative values other than -1")
        c.require((pieces[...][~sizes.is_token] == b"").all(), "probe/pieces",
                  "has text at padding")
        padded = ~sizes.is_token
        c.require((padded[:, 1:] >= padded[:, :-1]).all(), "probe/token_ids",
                  "has a token after padding")
        for place, texts in (("probe/pieces", pieces[...].ravel()),
                             ("probe/captions", c.file["probe/captions"][...])):
            for value in texts:
                try:
                    value.decode("utf-8")
                except UnicodeDecodeError:
                    c.fault(place, f"{value!r} is not UTF-8")


def ascending(c, path, first_step):
    steps = c.file[path][...]
    c.require((np.diff(steps) > 0).all(), path, "does not ascend")
    c.require(len(steps) == 0 or steps[0] >= first_step, path,
              f"begins before step {first_step}, where this part does")
    return len(steps)


def long_enough(c, path, rows):
    """Payload may be ahead of the index in a file whose writer did not end, never behind."""
    if path in c.file:
        have = len(c.file[path])
        exact = c.attribute("complete", "i") == 1
        fits = have == rows if exact else have >= rows
        c.require(fits, path, f"has {have} rows, but its index has {rows}")


def check_steps(c, sizes):
    c.dataset("steps/step", "i8", (None,), (1024,), growing=True)
    rows = ascending(c, "steps/step", sizes.first_step)
    length, experts = sizes.L, sizes.E
    c.dataset("steps/wall", "f8", (None,), (1024,), growing=True)
    scalars = c.dataset("steps/scalars", "f4", (None, None), (1024, None), growing=True,
                        optional=True)
    if scalars is not None:
        columns = scalars.shape[1]
        names = c.attribute("names", "S", (columns,), of=scalars, place="steps/scalars")
        c.attribute("units", "S", (columns,), of=scalars, place="steps/scalars")
        if names is not None:
            c.require(len(set(names.tolist())) == columns, "steps/scalars", "has two equal names")
        long_enough(c, "steps/scalars", rows)
    long_enough(c, "steps/wall", rows)
    wall = c.file["steps/wall"][:rows]
    c.require((np.diff(wall) >= 0).all(), "steps/wall", "goes back in time")
    absent = length == 0
    for name, dtype, row in (("chosen", "u4", (length, 2, experts)),
                             ("kept", "u4", (length, 2, experts)),
                             ("entropy", "f4", (length, 2, 2))):
        path = f"steps/{name}"
        if absent:
            c.require(path not in c.file, path, "is there in a recording without MoE layers")
        else:
            c.dataset(path, dtype, (None, *row), (1024, *row), growing=True)
            long_enough(c, path, rows)
    if not absent and "steps/chosen" in c.file and "steps/kept" in c.file:
        chosen, kept = c.file["steps/chosen"][:rows], c.file["steps/kept"][:rows]
        c.require((kept <= chosen).all(), "steps/kept", "has more than were chosen")
        entropy = c.file["steps/entropy"][:rows]
        usual = np.isnan(entropy) | ((entropy >= -1e-5) & (entropy <= np.log(experts) + 1e-3))
        c.require(usual.all(), "steps/entropy", "is outside 0 … log E")
    return rows


def check_events(c):
    dtype = np.dtype([("step", "<i8"), ("wall", "<f8"), ("kind", "S32"), ("text", "S472")])
    events = c.dataset("events", dtype, (None,), (64,), growing=True)
    if events is not None:
        c.require((events[...]["kind"] != b"").all(), "events", "has one without a kind")


def snapshot_shapes(c, sizes):
    """Types, shapes and chunks of everything in snapshots."""
    n, length, experts, k = sizes.N, sizes.L, sizes.E, sizes.K
    expert_type = "u1" if experts <= 254 else "u2"
    probabilities = "snapshots/image_probability" in c.file
    c.require(probabilities == ("snapshots/text_probability" in c.file), "snapshots",
              "has probabilities of one modality only")

    def decisions(path, dtype, row):
        inner = row[2:]
        one = np.dtype(dtype).itemsize * int(np.prod(inner, dtype=np.int64))
        per_chunk = min(n, max(1, 131072 // one))
        c.dataset(path, dtype, (None, *row), (1, 1, per_chunk, *inner), ("shuffle", "gzip"),
                  growing=True)

    for modality, units in (("image", sizes.P), ("text", sizes.T)):
        prefix = f"snapshots/{modality}"
        decisions(f"{prefix}_expert", expert_type, (length, n, units, k))
        decisions(f"{prefix}_gate", "f2", (length, n, units, k))
        decisions(f"{prefix}_kept", "u1", (length, n, units, k))
        decisions(f"{prefix}_runner_up", expert_type, (length, n, units))
        decisions(f"{prefix}_margin", "f2", (length, n, units))
        if probabilities:
            decisions(f"{prefix}_probability", "f4", (length, n, units, experts))
    decisions("snapshots/order", "u4", (length, n, sizes.P + sizes.T))
    c.dataset("snapshots/tokens", "u4", (None, length, 2, experts), (None, length, 2, experts),
              growing=True)
    if sizes.labels > 0:
        row = (length, experts, sizes.labels)
        c.dataset("snapshots/label_tokens", "u4", (None, *row), (None, *row), growing=True)


def check_tokens(c, sizes, s, layer, modality, is_token):
    """Decisions of one modality of one layer of one snapshot. Returns kept counts by expert."""
    place = f"snapshots/{modality}_* of snapshot {s}, layer {layer}"
    index = (s, layer)
    prefix = f"snapshots/{modality}"
    expert = c.file[f"{prefix}_expert"][index].astype(np.int64)
    gate = c.file[f"{prefix}_gate"][index].astype(np.float64)
    kept = c.file[f"{prefix}_kept"][index]
    runner_up = c.file[f"{prefix}_runner_up"][index].astype(np.int64)
    margin = c.file[f"{prefix}_margin"][index].astype(np.float64)
    none = 255 if sizes.E <= 254 else 65535
    routed = expert != none  # [N, U, K]; the other tower's tokens have no expert, all of them
    c.require((routed == routed[:, :, :1]).all(), place, "has a token with some choices only")
    routed = routed[:, :, 0]
    c.require(not (routed & ~is_token).any(), place, "has an expert for padding")
    c.require(not routed.any() or (routed == is_token).all(), place,
              "lacks the expert of some tokens")
    chosen, gates = expert[routed], gate[routed]
    c.require((chosen < sizes.E).all(), place, "names an expert that is not there")
    c.require(((gates >= 0) & (gates <= 1)).all(), place, "has a gate outside 0 … 1")
    c.require((np.diff(gates, axis=1) <= 0).all(), place, "has gates that ascend over the choices")
    distinct = np.sort(chosen, axis=1)
    c.require((np.diff(distinct, axis=1) > 0).all(), place, "has a token with one expert twice")
    c.require((kept <= 1).all(), place, "has kept values other than 0 and 1")
    c.require(not kept[~routed].any(), place, "keeps padding")
    c.require((gate[~routed] == 0).all() and (margin[~routed] == 0).all(), place,
              "has gates or margins at padding")
    c.require((runner_up[~routed] == none).all(), place, "has a runner-up at padding")
    second = runner_up[routed]
    if sizes.K == sizes.E:
        c.require((second == none).all(), place, "has a runner-up though all experts are chosen")
    else:
        c.require((second < sizes.E).all(), place, "lacks a runner-up")
        c.require((chosen != second[:, None]).all(), place, "has a runner-up that is chosen")
    c.require((margin >= 0).all(), place, "has a negative margin")
    c.require((margin[routed] <= gates[:, -1] + 1e-3).all(), place,
              "has a margin above the gate")
    if f"{prefix}_probability" in c.file:
        check_probabilities(c, sizes, place, c.file[f"{prefix}_probability"][index], routed,
                            chosen, gates)
    return [int(((expert == e) & (kept == 1)).sum()) for e in range(sizes.E)], expert, kept


def check_probabilities(c, sizes, place, probability, routed, chosen, gates):
    own = probability[routed].astype(np.float64)
    c.require(((own >= 0) & (own <= 1)).all(), place, "has a probability outside 0 … 1")
    c.require((own.sum(axis=1) <= 1 + 1e-3).all(), place, "has probabilities that sum above 1")
    if len(own) and (chosen < sizes.E).all():
        of_chosen = np.take_along_axis(own, chosen, axis=1)
        c.require(np.allclose(of_chosen, gates, rtol=1e-3, atol=1e-6), place,
                  "has gates that are not the probabilities of their experts")


def check_order(c, sizes, s, layer, routed):
    """The routed tokens of a group have the places 0, 1, … in some order; padding has all ones.

    The last group, where the probe does not fill it, was routed with samples that are not part of
    the probe, so its places have gaps.
    """
    order = c.file["snapshots/order"][s, layer]
    place = f"snapshots/order of snapshot {s}, layer {layer}"
    c.require((order[~routed] == 2**32 - 1).all(), place, "is not all ones at padding")
    for first in range(0, sizes.N, sizes.group_pairs):
        last = first + sizes.group_pairs
        group = np.sort(order[first:last][routed[first:last]])
        if last <= sizes.N:
            fits = np.array_equal(group, np.arange(group.size))
        else:
            fits = (np.diff(group.astype(np.int64)) > 0).all() and (
                group < sizes.group_pairs * (sizes.P + sizes.T)).all()
        if not c.require(fits, place,
                         f"is no permutation in the group of samples from {first} on"):
            return


def check_snapshots(c, sizes):
    c.dataset("snapshots/step", "i8", (None,), (64,), growing=True)
    # A part may begin with a snapshot of what it goes on from.
    rows = ascending(c, "snapshots/step", max(0, sizes.first_step - 1))
    metrics = c.dataset("snapshots/metrics", "f4", (None, None), (64, None), growing=True,
                        optional=True)
    if metrics is not None:
        c.attribute("names", "S", (metrics.shape[1],), of=metrics, place="snapshots/metrics")
    if "snapshots/embeddings" in c.file:
        width = c.file["snapshots/embeddings"].shape[3]
        per_chunk = min(sizes.N, max(1, 131072 // (4 * width)))
        c.dataset("snapshots/embeddings", "f2", (None, sizes.N, 2, width),
                  (1, per_chunk, 2, width), ("shuffle", "gzip"), growing=True)
    if sizes.L > 0:
        snapshot_shapes(c, sizes)
    for name in c.file["snapshots"]:
        long_enough(c, f"snapshots/{name}", rows)
    if sizes.L == 0 or c.faults:
        return rows  # values of wrongly shaped datasets would only add noise
    everywhere = np.ones((sizes.N, sizes.P), bool)
    for s in range(rows):
        for layer in range(sizes.L):
            check_layer(c, sizes, s, layer, everywhere)
    return rows


def check_layer(c, sizes, s, layer, everywhere):
    image_counts, expert, kept = check_tokens(c, sizes, s, layer, "image", everywhere)
    text_counts, text_expert, _ = check_tokens(c, sizes, s, layer, "text", sizes.is_token)
    none = 255 if sizes.E <= 254 else 65535
    routed = np.concatenate([expert[:, :, 0] != none, text_expert[:, :, 0] != none], axis=1)
    c.require(routed.any(), f"snapshot {s}, layer {layer}", "routes no token")
    check_order(c, sizes, s, layer, routed)
    recorded = c.file["snapshots/tokens"][s, layer]
    c.require(recorded.tolist() == [image_counts, text_counts], "snapshots/tokens",
              f"of snapshot {s}, layer {layer} is {recorded.tolist()}, but the decisions say "
              f"{[image_counts, text_counts]}")
    if sizes.labels > 0 and sizes.label_of is not None:
        counts = np.zeros((sizes.E, sizes.labels), np.int64)
        labels = np.broadcast_to(sizes.label_of[:, :, None], expert.shape)
        counted = (kept == 1) & (labels != 65535)
        np.add.at(counts, (expert[counted], labels[counted]), 1)
        recorded = c.file["snapshots/label_tokens"][s, layer]
        # Where labels were lost, the sums recorded with them are more than can still be counted.
        repaired = b"repaired" in c.file["events"]["kind"]
        c.require(np.array_equal(counts, recorded) or (repaired and (counts <= recorded).all()),
                  "snapshots/label_tokens",
                  f"of snapshot {s}, layer {layer} differs from the decisions")


def check(file):
    """Returns (faults, steps, snapshots)."""
    c = Checker(file)
    sizes = Sizes()
    check_attributes(c, sizes)
    needed = ("probe/images", "probe/token_ids", "probe/labels", "probe/label_names", "steps/step",
              "steps/wall", "snapshots/step", "events")
    for path in needed:
        c.require(path in file, path, "is missing")
    ranks = {"probe/images": 4, "probe/token_ids": 2, "snapshots/tokens": 4,
             "snapshots/image_expert": 5, "snapshots/embeddings": 4}
    if sizes.L > 0:
        for path in ("snapshots/tokens", "snapshots/image_expert"):
            c.require(path in file, path, "is missing")
    for path, rank in ranks.items():
        if path in file:
            c.require(len(file[path].shape) == rank, path, f"has not {rank} axes")
    c.no_variable_length()
    if c.faults:
        return c.faults, 0, 0
    sizes.E = file["snapshots/tokens"].shape[3] if sizes.L > 0 else 0
    sizes.K = file["snapshots/image_expert"].shape[4] if sizes.L > 0 else 0
    steps = snapshots = 0
    try:
        check_probe(c, sizes)
        check_events(c)
        steps = check_steps(c, sizes)
        snapshots = check_snapshots(c, sizes)
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, OSError) as error:
        # What follows cannot be checked without what is missing or of another shape.
        c.fault("/", f"cannot be checked further: {error}")
    return c.faults, steps, snapshots


def main(paths):
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    status = 0
    for path in paths:
        try:
            with open(path, "rb") as raw:
                closed = raw.read(12)[11:12] == b"\0"
            file = h5py.File(path, "r") if closed else h5py.File(path, "r", swmr=True)
        except OSError as error:
            print(f"{path}: cannot be opened: {error}")
            return 2
        with file:
            faults, steps, snapshots = check(file)
            complete = closed and file.attrs.get("complete") == 1
        for fault in faults:
            print(f"{path}: {fault}")
        state = "complete" if complete else "not complete"
        print(f"{path}: {len(faults)} faults, {steps} steps, {snapshots} snapshots, {state}")
        status = 1 if faults else status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
