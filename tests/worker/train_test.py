"""A training run leaves what it promises: a sound recording, checkpoints, measures; it resumes."""

import json
import signal

import h5py
import numpy

from worker import SMALL, check_recording, limoe, scratch, start, wait_until

folder = scratch()


def column(f, name):
    names = [n.decode() if isinstance(n, bytes) else n for n in f["steps/scalars"].attrs["names"]]
    return f["steps/scalars"][:, names.index(name)]


def metric(f, name):
    names = [n.decode() if isinstance(n, bytes) else n
             for n in f["snapshots/metrics"].attrs["names"]]
    return f["snapshots/metrics"][:, names.index(name)]


# --- a whole run
whole = folder / "whole"
output = limoe("train", "--out", whole, "--steps", 40, "--every", 10, "--seed", 3,
               "--set", "train.checkpoint_every=20", *SMALL)
assert "recall_at_1/image_to_text" in output, output
check_recording(whole / "recording.h5")
config = json.loads((whole / "config.json").read_text())
assert config["width"] == 32 and config["train"]["steps"] == 40
assert oct((whole / "config.json").stat().st_mode)[-3:] == "644"
assert (whole / "checkpoints/step-00000020.safetensors").exists()
assert (whole / "checkpoints/step-00000040.safetensors").exists()
with h5py.File(whole / "recording.h5") as f:
    assert f.attrs["complete"] == 1
    assert list(f["steps/step"]) == list(range(1, 41))
    assert list(f["snapshots/step"]) == [0, 10, 20, 30, 40]
    losses = column(f, "loss")
    assert losses[-5:].mean() < losses[:5].mean(), losses
    # Choices of 8 pairs: 16 patches each, and every one is counted once.
    assert (f["steps/chosen"][:, :, 0].sum(axis=-1) == 8 * 16).all()
    assert (f["steps/kept"][:] <= f["steps/chosen"][:]).all()
    # The worker's own measures agree with the decisions in the file.
    kept = f["snapshots/image_kept"][-1]
    assert abs(kept.mean() - metric(f, "success/image")[-1]) < 1e-6
    counts = f["snapshots/label_tokens"][-1, 0].astype(float)
    p = counts / counts.sum()
    pe, pl = p.sum(axis=1, keepdims=True), p.sum(axis=0, keepdims=True)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        information = numpy.nansum(p * numpy.log(p / (pe * pl)))
        entropy = -numpy.nansum(pl * numpy.log(pl))
    assert abs(information / entropy - metric(f, "label_information/best")[-1]) < 1e-5
    # The whole distributions say what was chosen.
    chosen = f["snapshots/image_expert"][-1, 0, :, :, 0]
    assert (f["snapshots/image_probability"][-1, 0].argmax(axis=-1) == chosen).all()

# --- Ctrl+C ends after the step with everything saved, and --resume goes on as if nothing happened
broken = folder / "broken"
process = start("--out", broken, "--steps", 40, "--every", 10, "--seed", 3,
                "--set", "train.checkpoint_every=20", *SMALL)
wait_until(lambda: (broken / "checkpoints/step-00000020.safetensors").exists(), "a checkpoint")
process.send_signal(signal.SIGINT)
assert process.wait(60) == 0
with h5py.File(broken / "recording.h5") as f:
    assert f.attrs["complete"] == 1
    stopped = int(f["steps/step"][-1])
    assert 20 <= stopped <= 40
limoe("train", "--resume", broken)
with h5py.File(whole / "recording.h5") as f, h5py.File(broken / "recording.h5") as a:
    expected = column(f, "loss")
    joined = list(column(a, "loss"))
    if stopped < 40:
        check_recording(broken / "recording-2.h5")
        with h5py.File(broken / "recording-2.h5") as b:
            assert b.attrs["first_step"] == stopped + 1 and b.attrs["part"] == 2
            assert b.attrs["run_id"] == a.attrs["run_id"]
            joined += list(column(b, "loss"))
    assert (numpy.array(joined) == expected).all(), (joined, expected)

# --- two towers and dense models record too
for name, extra in {"two": ["--towers", "two"], "dense": ["--dense"],
                    "top2": ["--set", "moe.top_k=2", "--setting", "gshard"],
                    "groups": ["--set", "moe.group_pairs=4"]}.items():
    limoe("train", "--out", folder / name, "--steps", 2, *SMALL, *extra)
    check_recording(folder / name / "recording.h5")

print("1 passed, 0 failed")
