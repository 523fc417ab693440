"""A fork begins with a checkpoint of another run: the same losses with the same settings, its own
with others, and it knows where it comes from."""

import json
import shutil
import signal

import h5py
import numpy

from joined_run import assert_same_checkpoint
from worker import SMALL, check_recording, limoe, scratch, start, wait_until

folder = scratch()


def column(f, name):
    names = [n.decode() if isinstance(n, bytes) else n for n in f["steps/scalars"].attrs["names"]]
    return f["steps/scalars"][:, names.index(name)]


def text(f, name):
    value = f.attrs[name]
    return value.decode() if isinstance(value, bytes) else value


def events(f):
    return [(int(e["step"]), e["kind"].decode(), e["text"].decode()) for e in f["events"][:]]


parent = folder / "parent"
limoe("train", "--out", parent, "--steps", 40, "--every", 10, "--seed", 3,
      "--set", "train.checkpoint_every=10", *SMALL)

# --- unchanged settings: the parent's losses bit for bit, and its last checkpoint
same = folder / "same"
output = limoe("train", "--fork", f"{parent}@20", "--out", same)
assert "a fork of parent, from step 20" in output, output
check_recording(same / "recording.h5")
with h5py.File(parent / "recording.h5") as a, h5py.File(same / "recording.h5") as b:
    assert list(b["steps/step"]) == list(range(21, 41))
    for name in ("loss", "contrastive", "grad_norm", "learning_rate", "weighted/global_text"):
        assert (column(a, name)[20:] == column(b, name)).all(), name
    for name in ("steps/chosen", "steps/kept", "steps/entropy"):
        assert (a[name][20:] == b[name][:]).all(), name
    # Its first snapshot is of the state that it begins with: the parent's of step 20.
    assert list(b["snapshots/step"]) == [20, 30, 40]
    assert (a["snapshots/image_gate"][2:] == b["snapshots/image_gate"][:]).all()
    # It knows its parent, and is a run of its own.
    assert text(b, "parent_run_id") == text(a, "run_id") != text(b, "run_id")
    assert text(b, "parent_folder") == "../parent" and b.attrs["parent_step"] == 20
    assert "parent_run_id" not in a.attrs
    assert (20, "fork", "from step 20 of parent") in events(b), events(b)
    # One time axis for both: the fork's clock goes on from the checkpoint.
    assert b["steps/wall"][0] > a["steps/wall"][18]
assert_same_checkpoint(parent, same, 40)
assert "step 20 of parent" in limoe("info", same)
assert json.loads(limoe("info", same, "--json"))["parent"]["step"] == 20

# --- other loss weights: another curve from the first step on, and the event says which
other = folder / "other"
limoe("train", "--fork", f"{parent}@20", "--out", other, "--setting", "classic",
      "--set", "aux.weight=0.5", "--steps", 30)
with h5py.File(parent / "recording.h5") as a, h5py.File(other / "recording.h5") as b:
    assert list(b["steps/step"]) == list(range(21, 31))
    # Step 21 routes the same batch with the same weights and noise: everybody chooses as before.
    assert (column(a, "loss")[20:30] != column(b, "loss")).all()
    assert (a["steps/chosen"][20] == b["steps/chosen"][0]).all()
    # importance, load and z share the weight: 0.5 · 1/3 · z.
    assert numpy.allclose(column(b, "weighted/z"), 0.5 / 3 * column(b, "aux/z"), rtol=1e-5)
    assert (column(b, "weighted/global_text") == 0).all()
    said = [e for e in events(b) if e[1] == "fork"]
    assert len(said) == 1 and said[0][0] == 20, said
    for change in ('setting "limoe" → "classic"', "aux.weight 0.04 → 0.5", "aux.global_text 1.0 → 0.0",
                   'moe.priority "bpr" → "vanilla"', "train.steps 40 → 30"):
        assert change in said[0][2], (change, said)
config = json.loads((other / "config.json").read_text())
assert config["setting"] == "classic" and config["train"]["seed"] == 3

# --- without a step the newest checkpoint; the parent may be gone afterwards; a fork of a fork
moved = folder / "moved"
shutil.move(other, moved)
child = folder / "child"
limoe("train", "--fork", moved, "--out", child, "--steps", 33)
shutil.rmtree(moved)
limoe("train", "--resume", child, "--steps", 36)
with h5py.File(child / "recording.h5") as a, h5py.File(child / "recording-2.h5") as b:
    assert list(a["steps/step"]) == [31, 32, 33] and list(b["steps/step"]) == [34, 35, 36]
    for f in (a, b):  # every part says it
        assert text(f, "parent_folder") == "../moved" and f.attrs["parent_step"] == 30
    assert [e[1] for e in events(b)].count("fork") == 0

# --- ended before it recorded anything, it is still a fork when it is gone on with
early = folder / "early"
limoe("train", "--fork", f"{parent}@30", "--out", early)
(early / "recording.h5").unlink()
for name in ("step-00000040.safetensors", "step-00000040.optimizer.safetensors"):
    (early / "checkpoints" / name).unlink()
limoe("train", "--resume", early)
with h5py.File(early / "recording.h5") as b, h5py.File(parent / "recording.h5") as a:
    assert b.attrs["parent_step"] == 30 and text(b, "parent_run_id") == text(a, "run_id")
    assert (column(a, "loss")[30:] == column(b, "loss")).all()

# --- from a worker that trains: ask it for a checkpoint, then fork
process = start("--out", folder / "live", "--steps", 100000, *SMALL,
                "--set", "train.checkpoint_every=0")
wait_until(lambda: (folder / "live/control.sock").exists(), "the socket")
assert "no checkpoint yet" in limoe("train", "--fork", folder / "live", "--out", folder / "x",
                                    status=1)
limoe("control", folder / "live", "checkpoint")
made = wait_until(lambda: list((folder / "live/checkpoints").glob("step-*.safetensors"))[1:],
                  "the checkpoint")
limoe("train", "--fork", folder / "live", "--out", folder / "from-live", "--steps",
      int(made[0].name[5:13]) + 3)
process.send_signal(signal.SIGINT)
assert process.wait(60) == 0


# --- what cannot be: nothing is begun, and it is said why
def refused(*arguments, out="refused"):
    output = limoe("train", "--fork", *arguments, "--out", folder / out, status=1)
    assert not (folder / "refused").exists()
    return output


assert "10, 20, 30, 40" in refused(f"{parent}@25")
assert "no step" in refused(f"{parent}@last")
assert "no run" in refused(folder / "nowhere")
output = refused(f"{parent}@20", "--set", "moe.experts=8", "--set", "width=64", "--set",
                 "heads=4", "--set", "data.seed=7")
for key in ("moe.experts", "width", "heads", "data.seed"):  # all at once
    assert f"{key}: a fork keeps its parent's" in output, output
assert "dense" in refused(f"{parent}@20", "--dense")
assert "towers" in refused(f"{parent}@20", "--towers", "two")
assert "train.steps" in refused(parent)  # it has done all its 40
assert "aux.weight" in refused(f"{parent}@20", "--set", "aux.weight=-1")
before = (same / "recording.h5").read_bytes()
assert "--force" in refused(f"{parent}@20", out="same")
assert (same / "recording.h5").read_bytes() == before
assert "its own fork" in refused(f"{parent}@20", "--force", out="parent")
assert (parent / "recording.h5").exists()
limoe("train", "--fork", f"{parent}@20", "--out", same, "--force", "--steps", 21)
limoe("train", "--fork", parent, status=2)  # no --out
limoe("train", "--fork", parent, "--resume", parent, "--out", folder / "x", status=2)
# A damaged newest checkpoint is passed over, one that was named is not.
weights = parent / "checkpoints/step-00000040.safetensors"
weights.write_bytes(weights.read_bytes()[:-100])
limoe("train", "--fork", parent, "--out", folder / "older", "--steps", 32)
with h5py.File(folder / "older/recording.h5") as f:
    assert f.attrs["parent_step"] == 30
assert "truncated" in refused(f"{parent}@40", "--steps", 50)
# Nor does it cost the run that it was to replace.
before = (same / "recording.h5").read_bytes()
assert "truncated" in refused(f"{parent}@40", "--steps", 50, "--force", out="same")
assert (same / "recording.h5").read_bytes() == before

print("1 passed, 0 failed")
