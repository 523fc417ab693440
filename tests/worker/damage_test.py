"""Damaged recordings: whatever is cut off or flipped, limoe says so and saves what is sound.

    damage_test.py LIMOE RECORDING_TOOL [NUMBER]

NUMBER (40) recordings are cut at a random byte, as many have one random bit flipped; half of them
are of a finished run, half of one that was killed. Each is checked, opened and repaired, by
recording_tool (the code that limoe calls, without LibTorch to load) and ten of them by limoe itself
too: that must end by itself, quickly and in little memory, and name the file where it fails. What is
repaired must pass check_recording.py, and each of its rows must be one of the original's, value by
value. Of a flip in data no more is lost than the row that it hit; of a cut, nothing that lies before
it and can be found; and what `check` calls sound is repaired whole. A case that fails is kept in
DAMAGE_CASES, where that is set.
"""

import collections
import importlib.util
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
import zlib

import h5py
import numpy

from worker import LIMOE, SMALL, limoe, scratch, start, wait_until

TOOL = sys.argv[2]
NUMBER = int(sys.argv[3]) if len(sys.argv) > 3 else 40
COMMANDS = {"check": ["check"], "open": ["info"], "repair": ["check", "--repair"]}
SECONDS = 20
MOST_BYTES = 1 << 30
RECOUNTED = "label_tokens"

folder = scratch()
spec = importlib.util.spec_from_file_location("check_recording", os.environ["CHECK_RECORDING"])
check_recording = importlib.util.module_from_spec(spec)
spec.loader.exec_module(check_recording)


def is_closed(path):
    with open(path, "rb") as raw:
        return raw.read(12)[11:12] == b"\0"


def open_recording(path):
    return h5py.File(path, "r") if is_closed(path) else h5py.File(path, "r", swmr=True)


def rows_of(f, group):
    """{step: {dataset: bytes of its row}}, committed rows only."""
    steps = f[f"{group}/step"][...]
    values = {name: f[f"{group}/{name}"][:len(steps)] for name in f[group]}
    return {int(step): {name: rows[i].tobytes() for name, rows in values.items()}
            for i, step in enumerate(steps)}


class Original:
    def __init__(self, path):
        self.bytes = path.read_bytes()
        with open_recording(path) as f:
            self.steps = rows_of(f, "steps")
            self.snapshots = rows_of(f, "snapshots")
            self.images = f["probe/images"][...]
            self.labels = f["probe/labels"][...]
            self.pieces = []  # (first byte, end, dataset, first row, rows, compressed)
            f.visititems(self.note_pieces)

    def note_pieces(self, name, item):
        if not isinstance(item, h5py.Dataset):
            return
        if item.chunks is None:
            if item.id.get_offset() is not None:
                first = item.id.get_offset()
                self.pieces.append((first, first + item.id.get_storage_size(), name, 0, len(item),
                                    False))
            return
        for i in range(item.id.get_num_chunks()):
            chunk = item.id.get_chunk_info(i)
            self.pieces.append((chunk.byte_offset, chunk.byte_offset + chunk.size, name,
                                chunk.chunk_offset[0], item.chunks[0],
                                item.compression is not None))

    def piece_at(self, place):
        return next((piece for piece in self.pieces if piece[0] <= place < piece[1]), None)

    def is_checked(self, place):
        """Uncompressed data has no checksum in HDF5: nobody can see a flipped bit there."""
        piece = self.piece_at(place)
        return piece is None or piece[5]

    def rows_before(self, group, end):
        """The steps of the rows that lie in the file's first `end` bytes: of the snapshots whole; of
        the step rows the numbers, as a repair says NaN and 0 for what is lost of the others."""
        steps = list(getattr(self, group))
        last = dict.fromkeys(steps, 0)  # the byte after the last one of each
        for first, piece_end, name, first_row, rows, compressed in self.pieces:
            if name == "steps/step" if group == "steps" else name.startswith("snapshots/"):
                size = (piece_end - first) // rows
                for i, step in enumerate(steps[first_row:first_row + rows]):
                    row_end = piece_end if compressed else first + (i + 1) * size
                    last[step] = max(last[step], row_end)
        return {step for step in steps if last[step] <= end}


def make_originals():
    finished = folder / "finished"
    limoe("train", "--out", finished, "--steps", 30, "--every", 5, *SMALL)
    killed = folder / "killed"
    process = start("--out", killed, "--steps", 100000, "--every", 5, *SMALL)

    def far_enough():
        try:
            with open_recording(killed / "recording.h5") as f:
                return len(f["snapshots/step"]) >= 6
        except OSError:
            return False
    wait_until(far_enough, "some snapshots")
    process.send_signal(signal.SIGKILL)
    process.wait()
    return [Original(finished / "recording.h5"), Original(killed / "recording.h5")]


def run(by_limoe, what, path):
    """(exit status, output); −signal where it crashed, None where it hung."""
    command = [LIMOE, *COMMANDS[what], path] if by_limoe else [TOOL, what, path]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS,
                              env=dict(os.environ, OMP_WAIT_POLICY="PASSIVE"))
    except subprocess.TimeoutExpired:
        return None, "hung"
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def compare(original, path):
    """(how many rows of a repaired recording are not the original's, what else is wrong with it,
    {group: the steps that it has}, {group: those whose row is the original's in every value})."""
    wrong, kept, exact = 0, {}, {}
    with h5py.File(path, "r") as f:
        faults = check_recording.check(f)[0]
        labels_same = numpy.array_equal(f["probe/labels"][...], original.labels)
        for group in ("steps", "snapshots"):
            kept[group], exact[group] = set(), set()
            for step, row in rows_of(f, group).items():
                expected = getattr(original, group).get(step, {})
                other = [name for name, value in row.items() if value != expected.get(name)
                         and (name != RECOUNTED or labels_same)]
                wrong += not expected or any(not lost(f[f"{group}/{name}"], row[name])
                                             for name in other)
                kept[group].add(step)
                if not other and set(row) == set(expected):
                    exact[group].add(step)
        images = f["probe/images"][...]
        if images.shape == original.images.shape:
            for image, expected in zip(images, original.images):
                wrong += not (numpy.array_equal(image, expected) or (image == 128).all())
        else:
            wrong += not (images == 128).all()
    return wrong, faults, kept, exact


def too_much_lost(original, data, place, check_status, kept, exact, counts):
    """What is missing of a repaired recording and need not be, in words. `place`: of the flipped
    byte, or None where the file was cut."""
    missing = {group: set(getattr(original, group)) - exact[group] for group in exact}
    everything = not missing["steps"] and not missing["snapshots"]
    faults = []
    if check_status == 0 and (place is None or original.is_checked(place)) and not everything:
        faults.append(f"check found nothing, but {missing} is missing")
    if place is None:
        for group in kept:  # an empty table: its structure was cut off
            before = original.rows_before(group, len(data))
            counts["bounded"] += bool(before and kept[group])
            if kept[group] and before - kept[group]:
                faults.append(f"{group} {sorted(before - kept[group])} lie before the cut and are "
                              "missing")
        return faults
    piece = original.piece_at(place)
    if piece is None:
        return faults  # structure: a whole table can go
    first, end, name, row, _, compressed = piece
    counts["bounded"] += 1
    if not compressed:
        if len(missing["steps"]) + len(missing["snapshots"]) > 1:
            faults.append(f"one bit of {name} cost {missing}")
        return faults
    try:
        damaged = zlib.decompress(data[first:end]) != zlib.decompress(original.bytes[first:end])
    except zlib.error:
        damaged = True  # else the bit fills up the last byte
    if damaged and check_status != 1:
        faults.append(f"check does not see that {name} is damaged")
    if damaged and name.startswith("snapshots/"):
        missing["snapshots"].discard(list(original.snapshots)[row])
    if missing["steps"] or missing["snapshots"]:
        faults.append(f"one bit of row {row} of {name} also cost {missing}")
    return faults


def lost(dataset, value):
    """NaN, or 0 for counts and times, says that there is nothing."""
    values = numpy.frombuffer(value, dataset.dtype)
    if dataset.dtype.kind == "f" and numpy.isnan(values).all():
        return True
    return dataset.name in ("/steps/chosen", "/steps/kept", "/steps/wall") and (values == 0).all()


def handle(original, data, place, kind, counts, by_limoe=False):
    case = folder / "case"
    shutil.rmtree(case, ignore_errors=True)
    case.mkdir()
    path = case / "recording.h5"
    path.write_bytes(data)
    begin = time.monotonic()
    problems = []
    status, output, statuses = 0, "", {}
    for what in COMMANDS:
        status, output = run(by_limoe, what, path)
        statuses[what] = status
        if status is None:
            counts["hangs"] += 1
            problems.append(f"{what} hung")
        elif status not in (0, 1):
            counts["crashes"] += 1
            problems.append(f"{what} ended with {status}: {output}")
        elif status == 1 and "recording.h5" not in output:
            problems.append(f"{what} does not name the file: {output}")
    repaired = case / "recording.repaired.h5"
    leftovers = sorted(set(os.listdir(case)) - {"recording.h5", "recording.repaired.h5"})
    if leftovers:
        problems.append(f"left behind: {leftovers}")
    if path.read_bytes() != data:
        problems.append("the original was changed")
    if status == 0:
        wrong, faults, kept, exact = compare(original, repaired)
        problems += too_much_lost(original, data, place, statuses["check"], kept, exact, counts)
        if wrong and place is not None and not original.is_checked(place):
            counts["undetectable"] += 1
        elif wrong:
            counts["wrong"] += wrong
            problems.append(f"{wrong} wrong rows\n{output}")
        if faults:
            problems.append(f"repaired, but {faults}\n{output}")
        counts["whole" if "nothing was lost" in output else "loss"] += 1
    else:
        counts["refused"] += 1
        if place is not None and original.piece_at(place):
            problems.append(f"nothing is saved, where one bit of data is wrong: {output}")
        if repaired.exists():
            problems.append("refused, but there is a repaired file")
    counts["slowest"] = max(counts["slowest"], time.monotonic() - begin)
    if problems:
        counts["problems"] += 1
        print(f"{kind}: " + "\n  ".join(problems), flush=True)
        if "DAMAGE_CASES" in os.environ:
            name = kind.replace(" ", "-") + ".h5"
            (pathlib.Path(os.environ["DAMAGE_CASES"]) / name).write_bytes(data)


def summary(what, counts):
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{NUMBER} {what}: {NUMBER - counts['problems']} handled, {counts['loss']} repaired with "
          f"loss, {counts['whole']} repaired without, {counts['refused']} refused, "
          f"{counts['crashes']} crashes, {counts['hangs']} hangs, {counts['wrong']} wrong rows, "
          f"{counts['undetectable']} in data without checksum; {counts['bounded']} times a bound "
          f"on what may be lost; slowest {counts['slowest']:.1f} s, "
          f"most memory {memory:.0f} MB", flush=True)


def handle_twice(original, data, place, kind, counts, number):
    handle(original, data, place, kind, counts)
    if number % max(1, NUMBER // 10) == 0:
        by_limoe = collections.Counter()
        handle(original, data, place, kind + " by limoe", by_limoe, True)
        for name in ("crashes", "hangs", "wrong", "problems"):
            counts[name] += by_limoe[name]


def main():
    originals = make_originals()
    rng = random.Random(7)
    cuts, flips = collections.Counter(), collections.Counter()
    for i in range(NUMBER):
        original = originals[i % 2]
        end = rng.randrange(len(original.bytes))
        handle_twice(original, original.bytes[:end], None, f"cut {i} at {end}", cuts, i)
    summary("truncations", cuts)
    for i in range(NUMBER):
        original = originals[i % 2]
        # Most of a file is pictures and decisions; half of the flips go where the structure is.
        limit = len(original.bytes) if i % 4 < 2 else 24000
        place, bit = rng.randrange(limit), rng.randrange(8)
        data = bytearray(original.bytes)
        data[place] ^= 1 << bit
        handle_twice(original, bytes(data), place, f"flip {i} of bit {bit} at {place}", flips, i)
    summary("flips", flips)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MOST_BYTES
    assert NUMBER < 40 or (cuts["bounded"] and flips["bounded"]), "nothing was held against a bound"
    assert cuts["problems"] + flips["problems"] == 0
    print("1 passed, 0 failed")


main()
