"""`limoe export`: every number it writes is the recording's, as h5py reads it; no step twice."""

import csv
import math
import os
import re
import shutil
import signal
import subprocess
import time

import h5py
import numpy

from worker import LIMOE, SMALL, check_recording, limoe, scratch, start, wait_until

folder = scratch()

# --- a run of two parts: the first was killed behind its last checkpoint, so rows are superseded
run = folder / "run"
process = start("--out", run, "--steps", 60, "--every", 5, "--seed", 5,
                "--set", "train.checkpoint_every=20", "--set", "moe.top_k=2",
                "--record", "probabilities=all", *SMALL)
wait_until(lambda: (run / "checkpoints/step-00000020.optimizer.safetensors").exists(), "checkpoint")


def steps_recorded():
    with h5py.File(run / "recording.h5", swmr=True) as f:
        return len(f["steps/step"])


process.send_signal(signal.SIGSTOP)
while steps_recorded() < 26:  # steps behind the checkpoint, but not all
    process.send_signal(signal.SIGCONT)
    time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)
process.send_signal(signal.SIGKILL)
process.wait()
first_part = steps_recorded()
assert first_part < 60
limoe("train", "--resume", run)


def parts():
    return [h5py.File(path, "r", swmr=True)
            for path in (run / "recording.h5", run / "recording-2.h5")]


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def expected_rows(group):
    """[(part, row)] of every step once: a later part supersedes from its first step on."""
    files = parts()
    begins = [int(f.attrs["first_step"]) for f in files[1:]] + [math.inf]
    rows = []
    for p, f in enumerate(files):
        steps = f[f"{group}/step"][...]
        nexts = [int(later[f"{group}/step"][0]) for later in files[p + 1:]
                 if len(later[f"{group}/step"])]
        end = min(begins[p:] + nexts)
        rows += [(p, row) for row, step in enumerate(steps) if step < end]
    return files, rows


def table(path):
    with open(path, newline="") as f:
        rows = list(csv.reader(f))
    return rows[0], rows[1:]


def same(cell, value):
    return cell == "nan" if numpy.isnan(value) else numpy.float32(cell) == value


# --- scalars and metrics
scalars, metrics = folder / "scalars.csv", folder / "metrics.csv"
output = limoe("export", run, "--scalars", scalars, "--metrics", metrics)
assert f"{scalars}: 60 steps" in output and f"{metrics}: 13 snapshots" in output, output
files, rows = expected_rows("steps")
names = [text(n) for n in files[0]["steps/scalars"].attrs["names"]]
header, cells = table(scalars)
assert header == ["step", "wall_seconds", *names], header
assert [int(row[0]) for row in cells] == list(range(1, 61)), "each step once"
assert first_part > 20 and len(rows) == 60
for (p, row), line in zip(rows, cells):
    assert len(line) == len(header)
    assert float(line[1]) == files[p]["steps/wall"][row]
    assert all(same(c, v) for c, v in zip(line[2:], files[p]["steps/scalars"][row])), line
files, snapshots = expected_rows("snapshots")
header, cells = table(metrics)
assert header == ["step", "wall_seconds",
                  *(text(n) for n in files[0]["snapshots/metrics"].attrs["names"])], header
assert [int(row[0]) for row in cells] == list(range(0, 61, 5)) and len(snapshots) == 13
for (p, row), line in zip(snapshots, cells):
    assert len(line) == len(header)
    assert all(same(c, v) for c, v in zip(line[2:], files[p]["snapshots/metrics"][row])), line
assert [line[1] for line in cells][0] == "nan" and float(cells[-1][1]) > 0

# --- decisions as NumPy: each is what h5py reads at its place, and none is missing
decisions = folder / "decisions.npy"
limoe("export", run, "--decisions", decisions, "--steps", "60,020,20", "--layers", "0,0")
d = numpy.load(decisions)
assert d.dtype.names[0] == "step" and set(d["step"]) == {20, 60} and set(d["layer"]) == {0}
for step in (20, 60):
    p, row = next((p, r) for p, r in snapshots if files[p]["snapshots/step"][r] == step)
    f = files[p]
    for modality, name in ((0, "image"), (1, "text")):
        of = d[(d["step"] == step) & (d["modality"] == modality)]
        at = (of["sample"], of["position"], of["choice"])
        expert = f[f"snapshots/{name}_expert"][row, 0]
        assert len(of) == (expert != 255).sum(), (len(of), expert.shape)
        assert (expert[at] == of["expert"]).all()
        assert (f[f"snapshots/{name}_gate"][row, 0][at] == of["gate"]).all()
        assert (f[f"snapshots/{name}_kept"][row, 0][at] == of["kept"]).all()
        assert (f[f"snapshots/{name}_runner_up"][row, 0][at[:2]] == of["runner_up"]).all()
        assert (f[f"snapshots/{name}_margin"][row, 0][at[:2]] == of["margin"]).all()
        place = of["position"] + (modality * f["snapshots/image_expert"].shape[3])
        assert (f["snapshots/order"][row, 0][of["sample"], place] == of["order"]).all()
        if modality == 0:
            columns = int(f.attrs["patch_grid"][1])
            assert (of["row"] * columns + of["column"] == of["position"]).all()
            label = f["probe/labels"][...][at[:2]].astype(int)
            assert (numpy.where(label == 65535, -1, label) == of["label"]).all()
        else:
            assert (f["probe/token_ids"][...][at[:2]] == of["token_id"]).all()
            assert (of["row"] == -1).all()
assert (d["block"] == files[0].attrs["blocks"][0]).all()

# --- and as CSV: the same rows in the same order, in words
decisions_csv = folder / "decisions.csv"
limoe("export", run, "--decisions", decisions_csv, "--steps", "20,60")
header, cells = table(decisions_csv)
assert len(cells) == len(d)
pieces, label_names = files[0]["probe/pieces"][...], files[0]["probe/label_names"][...]
for line, row in list(zip(cells, d))[::7]:
    assert len(line) == len(header)
    of = dict(zip(header, line))
    for name in ("step", "layer", "block", "sample", "position", "row", "column", "choice", "expert",
                 "kept", "runner_up", "order"):
        assert (int(of[name]) if of[name] else -1) == int(row[name]), (name, line, row)
    assert numpy.float32(of["gate"]) == row["gate"] and numpy.float32(of["margin"]) == row["margin"]
    assert of["modality"] == ("image", "text")[row["modality"]]
    assert of["piece"] == ("" if row["modality"] == 0
                           else pieces[row["sample"], row["position"]].decode())
    assert of["label"] == ("" if row["label"] < 0 else label_names[row["label"]].decode())
limoe("export", run, "--decisions", decisions, "--force")  # the last snapshot, all layers
assert set(numpy.load(decisions)["step"]) == {60}

# --- one file of both parts: sound, and every row is its part's
joined = folder / "joined.h5"
output = limoe("export", run, "--join", joined)
assert "2 parts" in output, output
check_recording(joined)
with h5py.File(joined) as j:
    assert j.attrs["complete"] == 1 and j.attrs["part"] == 1
    assert j.attrs["run_id"] == files[0].attrs["run_id"]
    assert j.attrs["first_step"] == files[0].attrs["first_step"]
    for group, of in (("steps", rows), ("snapshots", snapshots)):
        assert len(j[f"{group}/step"]) == len(of)
        assert set(j[group]) == set(files[0][group]) == set(files[1][group])
        for name in j[group]:
            for i, (p, row) in enumerate(of):
                assert j[group][name][i].tobytes() == files[p][group][name][row].tobytes(), name
    assert set(j["probe"]) == set(files[1]["probe"])
    for name in j["probe"]:
        assert (j["probe"][name][...] == files[1]["probe"][name][...]).all(), name
    kinds = [event["kind"].decode() for event in j["events"][...]]
    assert kinds[-1] == "joined" and "resume" in kinds, kinds
assert subprocess.run(["h5dump", "-H", str(joined)], capture_output=True).returncode == 0
assert "Traceback" not in limoe("info", joined)

# --- a run that is being trained: what was committed
live = folder / "live"
process = start("--out", live, "--steps", 100000, "--every", 5, *SMALL)


def has_steps():
    try:
        with h5py.File(live / "recording.h5", swmr=True) as f:
            return len(f["steps/step"]) >= 10
    except OSError:
        return False


wait_until(has_steps, "steps")
output = limoe("export", live, "--join", folder / "so-far.h5")
assert "goes on" in output, output
check_recording(folder / "so-far.h5")
limoe("check", live)
assert "still being written" in limoe("check", live / "recording.h5")
assert process.poll() is None
process.kill()
process.wait()

# --- nothing is overwritten, nothing is left half written
before = joined.read_bytes()
assert "exists already" in limoe("export", run, "--join", joined, status=1)
assert "exists already" in limoe("export", run, "--join", joined, "--force", status=1)
assert joined.read_bytes() == before
assert "--force" in limoe("export", run, "--scalars", scalars, status=1)
assert "nothing to write" in limoe("export", run, status=1)
assert "20" in limoe("export", run, "--decisions", folder / "x.csv", "--steps", "21", status=1)
assert "no layer 7" in limoe("export", run, "--decisions", folder / "x.csv", "--layers", "7", status=1)
assert ".npy" in limoe("export", run, "--decisions", folder / "x.txt", status=1)
limoe("export", folder / "nowhere", "--scalars", folder / "x.csv", status=1)
assert "no layer" in limoe("export", run, "--decisions", folder / "x.csv", "--layers", "1e0", status=1)
for options, remark in (  # nothing is written where a later output cannot be
        (("--metrics", folder / "." / "x.csv"), "same name"),
        (("--metrics", folder / "nowhere/m.csv"), "folder"),
        (("--metrics", metrics), "--force"),
        (("--join", joined), "never overwritten"),
        (("--decisions", folder / "x.npy", "--steps", "21"), "no snapshot"),
        (("--decisions", folder / "x.npy", "--layers", "7"), "no layer 7")):
    output = limoe("export", run, "--scalars", f"{folder}/./x.csv", *options, status=1)
    assert remark in output and not list(folder.glob("x.*")), output

limoe("train", "--out", folder / "dense", "--steps", 1, "--dense", *SMALL)
assert "no MoE layers" in limoe("export", folder / "dense", "--scalars", folder / "x.csv",
                                "--decisions", folder / "x.npy", status=1)
assert not list(folder.glob("x.*"))

# --- a recording is never replaced by a table, nor is what is no file; others' files stay
recording = run / "recording.h5"
before = recording.read_bytes()
(folder / "as.csv").symlink_to(recording)
os.mkfifo(folder / "pipe.csv")
(folder / "mine.csv.partial").write_text("mine")
assert ".csv" in limoe("export", run, "--scalars", recording, "--force", status=1)
assert "never" in limoe("export", run, "--metrics", folder / "as.csv", "--force", status=1)
assert "no file" in limoe("export", run, "--scalars", folder / "pipe.csv", "--force", status=1)
limoe("export", run, "--scalars", folder / "mine.csv")
assert (folder / "mine.csv.partial").read_text() == "mine"
(folder / "mine.csv.partial").unlink()
assert recording.read_bytes() == before and (folder / "pipe.csv").is_fifo()


def limit_size():
    import resource
    resource.setrlimit(resource.RLIMIT_FSIZE, (30000, 30000))


for name, *options in (("x.npy", "--steps", "all", "--decisions"), ("x.h5", "--join")):
    output = limoe("export", run, *options, folder / name, status=1, preexec_fn=limit_size)
    assert name in output and "large" in output.lower(), output
assert not list(folder.glob("x.*")), os.listdir(folder)

# --- Ctrl+C
process = subprocess.Popen([LIMOE, "export", str(run), "--decisions", str(folder / "c.csv"),
                            "--steps", "all", "--join", str(folder / "c.h5")],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
wait_until(lambda: list(folder.glob("c.csv.*")) or process.poll() is not None, "a beginning")
process.send_signal(signal.SIGINT)
status = process.wait(60)
assert status in (0, 1), status
left = [name for name in os.listdir(folder) if "partial" in name or "creating" in name]
assert not left and (folder / "c.h5").exists() == (status == 0), left

# --- the README's example says the same
readme = open(os.path.join(os.path.dirname(__file__), "../../README.md"), encoding="utf-8").read()
code = next(block for block in re.findall(r"```python\n(.*?)```", readme, re.S) if "success" in block)
shutil.copytree(run, folder / "runs/demo")
shutil.copy(joined, folder / "runs/demo/old-recording.h5")  # no part
variables = {}
os.chdir(folder)
exec(compile(code, "README.md", "exec"), variables)  # the text that users are told to paste
header, cells = table(metrics)
for i, line in enumerate(cells):
    assert variables["steps"][i] == int(line[0])
    assert abs(variables["success"][i] - float(line[header.index("success/image")])) < 1e-6
print("1 passed, 0 failed")
