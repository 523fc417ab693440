"""A sweep trains what its specification says, goes on where it was ended, and its table is what the
recordings say."""

import csv
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess

import h5py
import numpy

from worker import LIMOE, check_recording, limoe, scratch, wait_until

folder = scratch()
BASE = {"image_size": 32, "width": 32, "mlp_dim": 64, "depth": 2, "heads": 2, "embed_dim": 16,
        "vocab_size": 256, "text_length": 24, "moe": {"blocks": [1], "experts": 4},
        "data": {"train_samples": 512, "held_out_samples": 64},
        "train": {"batch_size": 8, "threads": 1, "warmup_steps": 5},
        "record": {"every": 10, "probe_samples": 16, "recall_samples": 32}}


def write(file, **spec):
    path = folder / file
    path.write_text(json.dumps(spec))
    return path


def names(dataset):
    return [n.decode() if isinstance(n, bytes) else n for n in dataset.attrs["names"]]


def table(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def measures(run):
    """What run_results.h says, worked out with NumPy alone."""
    with h5py.File(run / "recording.h5") as f:
        scalars, columns = f["steps/scalars"][:], names(f["steps/scalars"])
        metrics, metric_names = f["snapshots/metrics"][-1], names(f["snapshots/metrics"])
        loss = scalars[:, columns.index("contrastive")].astype(float)
        gradient = scalars[:, columns.index("grad_norm")].astype(float)
        result = {"contrastive": loss[-(len(loss) // 10):].mean(),
                  "largest_gradient": gradient[5:].max(),
                  "pairs_per_second": numpy.median(
                      scalars[:, columns.index("pairs_per_second")].astype(float)),
                  "loss_spikes": sum(
                      loss[i] > loss[i - 20:i].mean() + 3 * loss[i - 20:i].std(ddof=1)
                      for i in range(20, len(loss))),
                  "steps": len(loss)}
        for name in ("recall_at_1/image_to_text", "recall_at_1/text_to_image",
                     "zero_shot_accuracy"):
            result[name] = float(metrics[metric_names.index(name)])
        if "steps/chosen" in f:
            chosen = f["steps/chosen"][:].sum(axis=-1).astype(float)  # [R, L, 2]
            success = (f["steps/kept"][:].sum(axis=-1) / chosen).mean(axis=1)  # [R, 2]
            for m, name in enumerate(("image", "text")):
                result[f"success/{name}"] = success[-(len(loss) // 10):, m].mean()
                result[f"lowest_success/{name}"] = min(
                    success[i:i + 20, m].mean() for i in range(len(loss) - 19))
            result["dead_experts"] = (f["snapshots/tokens"][-1].sum(axis=1) == 0).sum()
            result["label_information"] = float(
                metrics[metric_names.index("label_information/best")])
        return result


# --- every fault of a specification at once, each with its place; nothing is begun
bad = write("bad.json", name="../x", seeds=[0, 0], steps=0, colour=1, base={"heads": 5},
            variants=[{"setting": "classic"}, {"name": "classic"}, {"setting": "nice"},
                      {"name": "e", "set": {"moe.experts": -1, "train.seed": 3}}, {"sett": 1}])
output = limoe("sweep", bad, "--out", folder / "bad", status=1)
for fault in ("name: must be a name", "seeds: ", "steps: must be", "colour: unknown key",
              "base: heads", "variants[1] (classic): the name is taken", "variants[2] (nice)",
              "variants[3] (e): moe.experts", "train.seed comes from", "variants[4].sett: unknown",
              "variants[4].name: must be a name"):
    assert fault in output, (fault, output)
assert output.count("heads") == 1, output  # of the base, not once more of every variant
assert not (folder / "bad").exists()
output = limoe("sweep", folder / "nowhere.json", status=1)
assert "nowhere.json" in output
(folder / "broken.json").write_text('{"name": "a",,}')
assert "line 1" in limoe("sweep", folder / "broken.json", status=1)

# --- the examples are sound
for name, runs_of, length in (("losses", 6 * 3, 150), ("twins", 4 * 3, 200)):
    example = pathlib.Path(__file__).parents[2] / f"assets/{name}.json"
    assert f"{runs_of} runs, {runs_of * length} steps" in limoe("sweep", example, "--dry-run",
                                                             cwd=folder)

# --- a dry run says what would be trained, and writes nothing
variants = [{"setting": "limoe"}, {"name": "dense", "set": {"moe": None}},
            {"name": "wild", "setting": "classic",
             "set": {"train.learning_rate": 1000, "train.clip_norm": 0, "train.warmup_steps": 0,
                     "train.weight_decay": 900}}]
spec = write("spec.json", name="small", description="two that work, one that can't", base=BASE,
             steps=40, seeds=2, variants=variants)
runs = folder / "runs"
output = limoe("sweep", spec, "--out", runs, "--dry-run")
assert "limoe-seed0: new; 40 steps of 8 pairs, 1 thread" in output, output
assert "6 runs, 240 steps to do" in output and not runs.exists(), output

# --- a failing variant is named and does not end the others
output = limoe("sweep", spec, "--out", runs, "--jobs", 2, status=1)
assert "wild-seed0: FAILED: step " in output and "failed: wild-seed1: step " in output, output
for variant, seed in (("limoe", 0), ("limoe", 1), ("dense", 0), ("dense", 1)):
    check_recording(runs / f"{variant}-seed{seed}" / "recording.h5")
    config = json.loads((runs / f"{variant}-seed{seed}" / "config.json").read_text())
    assert config["train"]["seed"] == seed and config["train"]["steps"] == 40
    assert (config["moe"] is None) == (variant == "dense")

# --- the tables are what the recordings say
by_run = {row["run"]: row for row in table(runs / "runs.csv")}
assert [row["state"] for row in by_run.values()] == ["finished", "finished", "failed"] * 2, by_run
assert by_run["wild-seed0"]["error"].startswith("step "), by_run
by_variant = {row["variant"]: row for row in table(runs / "table.csv")}
assert list(by_variant) == ["limoe", "dense", "wild"]
for variant in ("limoe", "dense"):
    expected = [measures(runs / f"{variant}-seed{seed}") for seed in (0, 1)]
    row = by_variant[variant]
    assert (row["n"], row["failed"], row["planned"]) == ("2", "0", "2"), row
    for key in expected[0]:
        pair = [e[key] for e in expected]
        for seed in (0, 1):
            found = float(by_run[f"{variant}-seed{seed}"][key])
            assert math.isclose(found, pair[seed], rel_tol=1e-6, abs_tol=1e-9), (key, found, pair)
        assert math.isclose(float(row[f"{key}_mean"]), sum(pair) / 2, rel_tol=1e-6), key
        assert math.isclose(float(row[f"{key}_sd"]), statistics.stdev(map(float, pair)),
                            rel_tol=1e-4, abs_tol=1e-7), key
assert by_variant["dense"]["success/text_mean"] == ""  # it routes nothing
assert (by_variant["wild"]["n"], by_variant["wild"]["failed"]) == ("0", "2")
info = json.loads(limoe("info", runs / "dense-seed0", "--json"))
assert float(by_variant["dense"]["parameters_mean"]) == info["parameters"]
assert float(by_variant["limoe"]["parameters_mean"]) > info["parameters"]
# A token uses one expert: as much as the dense block, and the router's 4 rows of 32.
assert (float(by_variant["limoe"]["parameters_per_token_mean"])
        == info["parameters_per_token"] + 4 * 32)
markdown = (runs / "table.md").read_text()
mean = float(by_variant["limoe"]["contrastive_mean"])
spread = float(by_variant["limoe"]["contrastive_sd"])
assert f"| limoe | 2 of 2 | {mean:.3f} ± {spread:.3f} |" in markdown, markdown
assert "| wild | 0 of 2, 2 failed | – |" in markdown, markdown
assert "two that work" in markdown and "wild-seed0: step" in markdown

# --- the same command again: finished runs are kept as they are, the others are tried once more
before = (runs / "limoe-seed1/recording.h5").read_bytes()
output = limoe("sweep", spec, "--out", runs, status=1)
assert "limoe" not in output.replace(str(runs), "").split("wild")[0], output
assert (runs / "limoe-seed1/recording.h5").read_bytes() == before

# --- more seeds and variants may come; what is there may not change
longer = write("longer.json", name="small", base=BASE, steps=50, seeds=2, variants=variants[:2])
output = limoe("sweep", longer, "--out", runs, status=1)
assert output.count("train.steps 40 → 50") == 4 and "choose" in output, output
more = write("more.json", name="small", base=BASE, steps=40, seeds=[1, 5], variants=variants[:1])
limoe("sweep", more, "--out", runs)
row, = table(runs / "table.csv")
assert (row["n"], row["planned"]) == ("2", "2") and (runs / "limoe-seed5").exists()
one = write("one.json", name="small", base=BASE, steps=40, seeds=[5], variants=variants[:1])
limoe("sweep", one, "--out", runs)
assert table(runs / "table.csv")[0]["contrastive_sd"] == ""  # of one run there is none
assert "± – |" in (runs / "table.md").read_text()

# --- Ctrl+C ends the runs under way with everything saved; the same command goes on
long = write("long.json", name="long", base=BASE | {"setting": "gshard"}, steps=400, seeds=[7],
             variants=[{"name": "a"}, {"name": "b"}, {"name": "c"}])
log = open(folder / "log", "w+")
process = subprocess.Popen([LIMOE, "sweep", long, "--jobs", "2"], stdout=log,
                           stderr=subprocess.STDOUT, cwd=folder)
a = folder / "runs/long/a-seed7"  # runs/NAME where no --out is given
wait_until(lambda: (a / "control.sock").exists()
           and (folder / "runs/long/b-seed7/control.sock").exists(), "two runs at once")
output = limoe("sweep", long, status=1, cwd=folder)
assert "trained by another process" in output, output
wait_until(lambda: json.loads(limoe("control", a, "status"))["step"] > 3, "some steps")
process.send_signal(signal.SIGINT)
assert process.wait(60) == 1
log.seek(0)
output = log.read()
assert "not finished: a-seed7, b-seed7, c-seed7; the same command" in output, output
assert not (folder / "runs/long/c-seed7").exists()
with h5py.File(a / "recording.h5") as f:
    assert f.attrs["complete"] == 1 and 0 < len(f["steps/step"]) < 400
    stopped = len(f["steps/step"])
output = limoe("sweep", long, cwd=folder)
assert f"a-seed7: goes on after step {stopped}" in output and "c-seed7: begins" in output, output
with h5py.File(a / "recording-2.h5") as f:
    assert f["steps/step"][0] == stopped + 1 and f["steps/step"][-1] == 400
assert [r["state"] for r in table(folder / "runs/long/runs.csv")] == ["finished"] * 3

# --- a sweep that is killed takes its runs with it, and they are whole
process = subprocess.Popen([LIMOE, "sweep", write("killed.json", name="killed", base=BASE,
                                                  steps=100000, variants=[{"name": "a"}])],
                           stdout=log, stderr=subprocess.STDOUT, cwd=folder)
a = folder / "runs/killed/a-seed0"
wait_until(lambda: (a / "control.sock").exists()
           and json.loads(limoe("control", a, "status"))["step"] > 3, "some steps")
os.kill(process.pid, signal.SIGKILL)
process.wait()
wait_until(lambda: not (a / "control.sock").exists(), "the end of its run")
with h5py.File(a / "recording.h5") as f:
    assert f.attrs["complete"] == 1

print("1 passed, 0 failed")
