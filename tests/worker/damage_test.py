"""Damaged recordings: whatever is cut off or flipped, limoe says so and saves what is sound.

    damage_test.py LIMOE RECORDING_TOOL [NUMBER]

NUMBER (40) recordings are cut at a random byte, as many have one random bit flipped; half of them
are of a finished run, half of one that was killed. Each is checked, opened and repaired, by
recording_tool (the code that limoe calls, without LibTorch to load) and ten of them by limoe itself
too: that must end by itself, quickly and in little memory, and name the file where it fails. What is
repaired must pass check_recording.py, and each of its rows must be one of the original's, value by
value. A case that fails is kept in DAMAGE_CASES, where that is set.
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
            self.unchecked = []
            f.visititems(self.note_unchecked)

    def note_unchecked(self, _, item):
        """Bytes of uncompressed data: HDF5 has no checksum there, nobody can see a flipped one."""
        if not isinstance(item, h5py.Dataset) or item.compression is not None:
            return
        if item.chunks is None:
            if item.id.get_offset() is not None:
                first = item.id.get_offset()
                self.unchecked.append((first, first + item.id.get_storage_size()))
            return
        for i in range(item.id.get_num_chunks()):
            chunk = item.id.get_chunk_info(i)
            self.unchecked.append((chunk.byte_offset, chunk.byte_offset + chunk.size))

    def is_checked(self, place):
        return not any(first <= place < end for first, end in self.unchecked)


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


def wrong_rows(original, path):
    """How many rows of a repaired recording are not the original's; what else is wrong with it."""
    faults = []
    with h5py.File(path, "r") as f:
        faults += check_recording.check(f)[0]
        labels_same = numpy.array_equal(f["probe/labels"][...], original.labels)
        wrong = 0
        for group, rows in (("steps", original.steps), ("snapshots", original.snapshots)):
            for step, row in rows_of(f, group).items():
                expected = rows.get(step)
                same = expected is not None and all(
                    value == expected[name] or lost(f[f"{group}/{name}"], value)
                    or (name == RECOUNTED and not labels_same)
                    for name, value in row.items())
                wrong += not same
        images = f["probe/images"][...]
        if images.shape == original.images.shape:
            for image, expected in zip(images, original.images):
                wrong += not (numpy.array_equal(image, expected) or (image == 128).all())
        else:
            wrong += not (images == 128).all()
    return wrong, faults


def lost(dataset, value):
    """NaN, or 0 for counts and times, says that there is nothing."""
    values = numpy.frombuffer(value, dataset.dtype)
    if dataset.dtype.kind == "f" and numpy.isnan(values).all():
        return True
    return dataset.name in ("/steps/chosen", "/steps/kept", "/steps/wall") and (values == 0).all()


def handle(original, data, checked, kind, counts, by_limoe=False):
    case = folder / "case"
    shutil.rmtree(case, ignore_errors=True)
    case.mkdir()
    path = case / "recording.h5"
    path.write_bytes(data)
    begin = time.monotonic()
    problems = []
    status, output = 0, ""
    for what in COMMANDS:
        status, output = run(by_limoe, what, path)
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
        wrong, faults = wrong_rows(original, repaired)
        if wrong and not checked:
            counts["undetectable"] += 1
        elif wrong:
            counts["wrong"] += wrong
            problems.append(f"{wrong} wrong rows\n{output}")
        if faults:
            problems.append(f"repaired, but {faults}\n{output}")
        counts["whole" if "nothing was lost" in output else "loss"] += 1
    else:
        counts["refused"] += 1
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
          f"{counts['undetectable']} in data without checksum; slowest {counts['slowest']:.1f} s, "
          f"most memory {memory:.0f} MB", flush=True)


def handle_twice(original, data, checked, kind, counts, number):
    handle(original, data, checked, kind, counts)
    if number % max(1, NUMBER // 10) == 0:
        by_limoe = collections.Counter()
        handle(original, data, checked, kind + " by limoe", by_limoe, True)
        for name in ("crashes", "hangs", "wrong", "problems"):
            counts[name] += by_limoe[name]


def main():
    originals = make_originals()
    rng = random.Random(7)
    cuts, flips = collections.Counter(), collections.Counter()
    for i in range(NUMBER):
        original = originals[i % 2]
        end = rng.randrange(len(original.bytes))
        handle_twice(original, original.bytes[:end], True, f"cut {i} at {end}", cuts, i)
    summary("truncations", cuts)
    for i in range(NUMBER):
        original = originals[i % 2]
        # Most of a file is pictures and decisions; half of the flips go where the structure is.
        limit = len(original.bytes) if i % 4 < 2 else 24000
        place, bit = rng.randrange(limit), rng.randrange(8)
        data = bytearray(original.bytes)
        data[place] ^= 1 << bit
        handle_twice(original, bytes(data), original.is_checked(place),
                     f"flip {i} of bit {bit} at {place}", flips, i)
    summary("flips", flips)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 < MOST_BYTES
    assert cuts["problems"] + flips["problems"] == 0
    print("1 passed, 0 failed")


main()
