"""`limoe check` says in words what is sound and what is not, and saves what is left of a recording."""

import json
import os
import shutil
import signal
import struct
import subprocess
import time

import h5py
import numpy

from worker import SMALL, check_recording, limoe, scratch, start, wait_until

folder = scratch()
run = folder / "run"
limoe("train", "--out", run, "--steps", 20, "--every", 5, "--set", "train.checkpoint_every=10",
      *SMALL)


def case(name):
    """A copy of the recording to be damaged."""
    (folder / name).mkdir()
    path = folder / name / "recording.h5"
    shutil.copy(run / "recording.h5", path)
    return path


def change(path, python):
    with h5py.File(path, "r+", libver="v110") as f:
        python(f)


def repaired(path, status=0):
    output = limoe("check", "--repair", path, status=status)
    if status == 0:
        check_recording(path.with_suffix(".repaired.h5"))
    return output


def damage_chunk(path, dataset, *place):
    """Turns a byte within one compressed chunk."""
    with h5py.File(path) as f:
        chunk = f[dataset].id.get_chunk_info_by_coord(place)
        at = chunk.byte_offset + chunk.size // 2
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


# --- a whole run: each of its files is named and sound
output = limoe("check", run)
for name in ("config.json", "recording.h5", "step-00000010.safetensors",
             "step-00000020.optimizer.safetensors"):
    assert f"{name}: sound" in output, output
assert "20 steps (1 … 20), 5 snapshots (0 … 20)" in output and "finished" in output, output

# --- a writer that died: sound; h5py reads it, h5dump reads the copy that --repair makes
died = folder / "died"
process = start("--out", died, "--steps", 100000, "--every", 5, *SMALL)


def steps_of(path):
    try:
        with h5py.File(path, "r", swmr=True) as f:
            return len(f["steps/step"]), len(f["snapshots/step"])
    except OSError:
        return 0, 0


wait_until(lambda: steps_of(died / "recording.h5")[0] > 12, "steps")
process.send_signal(signal.SIGKILL)
process.wait()
recorded = steps_of(died / "recording.h5")
output = limoe("check", died / "recording.h5")
assert "its writer died" in output and "--repair" in output and "swmr=True" in output, output
assert f"{recorded[0]} steps" in output, output
before = (died / "recording.h5").read_bytes()
output = repaired(died / "recording.h5")
assert "nothing was lost" in output, output
assert (died / "recording.h5").read_bytes() == before
assert steps_of(died / "recording.repaired.h5") == recorded
dump = subprocess.run(["h5dump", "-d", "steps/step", str(died / "recording.repaired.h5")],
                      capture_output=True, text=True)
assert dump.returncode == 0 and "(0): 1, 2, 3" in dump.stdout, dump.stdout
# Once more: the copy is there already. In place: the original is kept.
assert "exists already" in limoe("check", "--repair", died / "recording.h5", status=1)
limoe("check", "--repair", "--in-place", died / "recording.h5")
check_recording(died / "recording.h5")
assert (died / "recording.h5.damaged").read_bytes() == before
limoe("check", "--repair", "--output", folder / "copy.h5", died / "recording.h5")
check_recording(folder / "copy.h5")

# --- one damaged piece costs one snapshot, and it is said which
path = case("snapshot")
damage_chunk(path, "snapshots/image_gate", 3, 0, 0, 0, 0)
output = limoe("check", path, status=1)
assert "snapshots of steps 15: decisions of layer 0: snapshots/image_gate" in output, output
output = repaired(path)
assert "steps 15" in output and "everything else was saved" in output, output
with h5py.File(path.with_suffix(".repaired.h5")) as f:
    assert list(f["snapshots/step"]) == [0, 5, 10, 20] and len(f["steps/step"]) == 20
    last = f["events"][-1]
    assert last["kind"] == b"repaired" and b"15" in last["text"], last

# --- an image
path = case("image")
damage_chunk(path, "probe/images", 4, 0, 0, 0)
assert "images of samples 4" in limoe("check", path, status=1)
repaired(path)
with h5py.File(path) as a, h5py.File(path.with_suffix(".repaired.h5")) as b:
    assert (b["probe/images"][4] == 128).all()
    assert (a["probe/images"][5:] == b["probe/images"][5:]).all()
    assert len(b["snapshots/step"]) == 5

# --- sums that are not what the decisions add up to are recounted
path = case("sums")
change(path, lambda f: f["snapshots/tokens"].__setitem__((2, 0, 0, 1), 9999))
assert "snapshots of steps 10: snapshots/tokens" in limoe("check", path, status=1)
repaired(path)
with h5py.File(run / "recording.h5") as a, h5py.File(path.with_suffix(".repaired.h5")) as b:
    assert (a["snapshots/tokens"][...] == b["snapshots/tokens"][...]).all()

# --- values that cannot be
for name, python, words in [
        ("kept", lambda f: f["steps/kept"].__setitem__((6, 0, 0, 0), 4000000), "steps 7: more"),
        ("entropy", lambda f: f["steps/entropy"].__setitem__((6, 0, 0, 0), 50), "steps 7: an entropy"),
        ("step", lambda f: f["steps/step"].__setitem__(6, 900), "steps/step, rows 6: their steps"),
        ("wall", lambda f: f["steps/wall"].__setitem__(6, 1e9), "steps 7: the wall time"),
        ("order", lambda f: f["snapshots/order"].__setitem__((1, 0, 0, 0), 5), "the order is no order"),
        ("two", lambda f: f["snapshots/image_kept"].__setitem__((1, 0, 0, 0, 0), 2), "kept value"),
        ("gate", lambda f: f["snapshots/image_gate"].__setitem__((1, 0, 0, 0, 0), numpy.nan), "gate"),
        ("label", lambda f: f["probe/labels"].__setitem__((1, 0), 999), "labels of samples 1")]:
    path = case(name)
    change(path, python)
    output = limoe("check", path, status=1)
    assert words in output, output
    repaired(path)
    with h5py.File(path.with_suffix(".repaired.h5")) as f:
        rows = len(f["steps/step"]), len(f["snapshots/step"])
        assert rows in ((19, 5), (20, 4)) or name == "label", (name, rows)

# --- good rows stay beside damaged ones, and nothing that cannot be true passes as sound
def duplicates(f):
    f["steps/step"][12:] = [3, 3, 3, 3, 4, 5, 6, 7]


for name, python, steps, snapshots in [
        ("double", lambda f: f["steps/step"].__setitem__(6, 8), 19, [0, 5, 10, 15, 20]),
        ("tail", duplicates, 12, [0, 5, 10, 15, 20]),
        ("last", lambda f: f["steps/step"].__setitem__(19, 9000), 19, [0, 5, 10, 15, 20]),
        ("late", lambda f: f["steps/wall"].__setitem__(19, 1e300), 19, [0, 5, 10, 15, 20]),
        ("twice", lambda f: f["snapshots/step"].__setitem__(1, 10), 20, [0, 10, 15, 20]),
        ("beyond", lambda f: f["snapshots/step"].__setitem__(4, 7000), 20, [0, 5, 10, 15])]:
    path = case(name)
    change(path, python)
    limoe("check", path, status=1)
    repaired(path)
    with h5py.File(path.with_suffix(".repaired.h5")) as f:
        assert len(f["steps/step"]) == steps, name
        assert list(f["snapshots/step"]) == snapshots, name
# The row that was right is the one that is kept, and what was repaired is sound.
with h5py.File(folder / "twice/recording.repaired.h5") as a, h5py.File(run / "recording.h5") as b:
    assert (a["snapshots/tokens"][1] == b["snapshots/tokens"][2]).all()
assert "sound" in limoe("check", folder / "double/recording.repaired.h5")

# --- a link to another file is refused, not copied
def link(f):
    with h5py.File(folder / "other.h5", "w", libver="v110") as other:
        f.copy("steps/wall", other)
        other["wall"][:] = numpy.arange(20) + 1000
    del f["steps/wall"]
    f["steps/wall"] = h5py.ExternalLink(str(folder / "other.h5"), "wall")


path = case("link")
change(path, link)
assert "steps/wall is a link" in limoe("check", path, status=1)
repaired(path)
with h5py.File(path.with_suffix(".repaired.h5")) as f:
    assert (f["steps/wall"][...] == 0).all()

# --- lost labels leave the counts that were made with them
path = case("labels")
damage_chunk(path, "probe/labels", 0, 0)
output = repaired(path)
assert "labels of samples" in output and "counts by label are as recorded" in output, output
with h5py.File(run / "recording.h5") as a, h5py.File(path.with_suffix(".repaired.h5")) as b:
    assert (a["snapshots/label_tokens"][...] == b["snapshots/label_tokens"][...]).all()

# --- a dataset that is gone takes with it what cannot be without it
path = case("dataset")
change(path, lambda f: f.__delitem__("snapshots/text_margin"))
output = limoe("check", path, status=1)
assert "snapshots/text_margin is missing" in output, output
repaired(path)
with h5py.File(path.with_suffix(".repaired.h5")) as f:
    assert len(f["steps/step"]) == 20 and len(f["snapshots/step"]) == 0
for name in ("steps/scalars", "snapshots/embeddings", "snapshots/metrics", "probe/captions",
             "probe/token_ids", "probe/images", "probe/labels", "steps/entropy", "events"):
    path = case(name.replace("/", "-"))
    change(path, lambda f: f.__delitem__(name))
    output = repaired(path)
    assert name in output or name in ("steps/scalars", "snapshots/embeddings", "snapshots/metrics")
    with h5py.File(path.with_suffix(".repaired.h5")) as f:
        assert len(f["steps/step"]) == 20 and len(f["snapshots/step"]) == 5, name

# --- the first bytes: the superblock's checksum, flags and signature can be made anew, and its
# extension is not needed
for at in (2, 8, 11, 24, 30, 40, 46, 49, 75, 105):
    path = case(f"superblock-{at}")
    data = bytearray(path.read_bytes())
    data[at] ^= 0x42
    path.write_bytes(data)
    repaired(path)
    with h5py.File(path.with_suffix(".repaired.h5")) as f:
        assert len(f["steps/step"]) == 20 and len(f["snapshots/step"]) == 5, at

# --- what is no recording, or a whole other version: refused, in words
path = folder / "notes.h5"
path.write_text("no recording")
assert "notes.h5" in limoe("check", path, status=1)
assert "nothing can be saved" in limoe("check", "--repair", path, status=1)
path = case("newer")
change(path, lambda f: f.attrs.modify("version", numpy.int64(2)))
output = limoe("check", path, status=1)
assert "update the program" in output and "--repair" not in output, output
assert "version 2" in repaired(path, status=1)
assert "no such file" in limoe("check", folder / "nowhere.h5", status=1)
assert not list(folder.glob("**/*.working")) and not list(folder.glob("**/*.partial"))

# --- a pipe is none, whatever its name: nobody waits for its other end
for name in ("pipe.h5", "pipe.json", "pipe.safetensors"):
    os.mkfifo(folder / name)
    assert "neither a file nor a folder" in limoe("check", folder / name, status=1)
assert "neither a file nor a folder" in limoe("check", "--repair", folder / "pipe.h5", status=1)
(folder / "of-pipes").mkdir()
os.mkfifo(folder / "of-pipes" / "recording.h5")
assert "neither a file nor a folder" in limoe("check", folder / "of-pipes", status=1)

# --- a part whose writer died before its first row: whole, and nothing in it to be repaired
empty = folder / "empty"
shutil.copytree(died, empty, ignore=shutil.ignore_patterns("*.sock"))
for _ in range(20):  # killed in time
    process = start("--resume", empty)
    while not (empty / "recording-2.h5").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    if steps_of(empty / "recording-2.h5") == (0, 0):
        break
    (empty / "recording-2.h5").unlink()
output = limoe("check", empty / "recording-2.h5")
assert "before it recorded anything" in output and "--repair" not in output, output

# --- a live run of which a part is missing: what is there is checked
process = start("--resume", died)
wait_until(lambda: steps_of(died / "recording-2.h5")[0] > 3, "steps")
(died / "recording.h5").rename(died / "away.h5")
output = limoe("check", died, status=1)
assert "recording.h5 is missing" in output and "recording-2.h5: sound" in output, output
assert "still being written" in limoe("check", died / "recording-2.h5")
process.send_signal(signal.SIGKILL)
process.wait()

# --- weights: a number that is none is named with its tensor and place
weights = run / "checkpoints/step-00000020.safetensors"
data = bytearray(weights.read_bytes())
header = json.loads(data[8:8 + struct.unpack("<Q", data[:8])[0]])
entry = header["encoder.blocks.0.attn.out.weight"]
begin = 8 + struct.unpack("<Q", data[:8])[0] + entry["data_offsets"][0]
index = 3 * entry["shape"][1] + 5
data[begin + 4 * index:begin + 4 * index + 4] = struct.pack("<f", float("nan"))
weights.write_bytes(data)
output = limoe("check", run, status=1)
assert 'tensor "encoder.blocks.0.attn.out.weight" is not finite at [3, 5]' in output, output
assert "the checkpoint before" in output and "recording.h5: sound" in output, output
weights.write_bytes(data[:-10])
assert "truncated" in limoe("check", weights, status=1)
assert "cannot be repaired" in limoe("check", "--repair", weights, status=1)
weights.unlink()
assert "step-00000020.safetensors is missing" in limoe("check", run, status=1)

# --- a configuration of a million brackets in it
nested = json.dumps({"__metadata__": {"config": "[" * 10 ** 6}}).encode()
(folder / "nested.safetensors").write_bytes(struct.pack("<Q", len(nested)) + nested)
assert "nested more than 32 levels" in limoe("check", folder / "nested.safetensors", status=1)

# --- configurations: every fault
config = folder / "config.json"
config.write_text(json.dumps({"heads": 5, "moe": {"experts": -1}}))
output = limoe("check", config, status=1)
assert "heads" in output and "moe.experts" in output, output
config.write_text('{"width": 3,,}')
assert "line 1" in limoe("check", config, status=1)
os.chmod(config, 0o600)
print("1 passed, 0 failed")
