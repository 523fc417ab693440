"""A running worker is steered through its socket, and what changed is recorded where it changed."""

import json
import os
import signal
import stat
import subprocess
import sys

import h5py
import zmq

from worker import LIMOE, SMALL, limoe, scratch, start, wait_until

run = scratch() / "run"
context = zmq.Context()


def ask(command, **more):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.rcvtimeo = 20000
    socket.connect(f"ipc://{run}/control.sock")
    socket.send_json({"command": command, **more})
    reply = socket.recv_json()
    socket.close()
    return reply


process = start("--out", run, "--steps", 100000, "--every", 50, *SMALL)
wait_until(lambda: (run / "control.sock").exists(), "the socket")
assert stat.S_IMODE((run / "control.sock").stat().st_mode) == 0o600
wait_until(lambda: ask("status")["step"] > 2, "some steps")

status = ask("status")
assert status["ok"] and status["state"] == "training" and status["steps"] == 100000, status
assert status["pid"] == process.pid and status["live"]["aux.weight"] == 0.04, status

# A pause holds; a single step is one step; both are known to the status.
assert ask("pause")["ok"]
wait_until(lambda: ask("status")["state"] == "paused", "the pause")
at = ask("status")["step"]
assert ask("step")["ok"]
wait_until(lambda: ask("status")["step"] == at + 1, "one step")
status = ask("status")
assert status["step"] == at + 1 and status["state"] == "paused", status

# Settings, through the command line too.
assert ask("set", values={"aux.weight": 0.5, "moe.priority": "vanilla"})["ok"]
limoe("control", run, "set", "moe.capacity_factor=0.5", "train.learning_rate=0.002")
live = ask("status")["live"]
assert live["aux.weight"] == 0.5 and live["moe.capacity_factor"] == 0.5, live
refused = ask("set", values={"aux.weight": -1, "width": 7})
assert not refused["ok"] and "aux.weight" in refused["error"] and "width" in refused["error"]
assert not ask("dance")["ok"]
assert not ask("set", values={"aux.weight": "a" + 40 * "€"})["ok"]  # cut between characters
assert ask("status")["live"]["aux.weight"] == 0.5

# It does not wait: a folder would be ignored, so it is refused.
refused = ask("stop", folder=str(run.parent / "elsewhere"))
assert not refused["ok"] and "does not wait" in refused["error"], refused

assert ask("checkpoint")["ok"]
wait_until(lambda: list((run / "checkpoints").glob(f"step-{at + 1:08d}.safetensors")),
           "the checkpoint")
assert ask("resume")["ok"]
wait_until(lambda: ask("status")["step"] > at + 5, "going on")

# A second worker is kept out while the first holds the run.
output = limoe("train", "--out", run, "--force", "--steps", 1, *SMALL, status=1)
assert str(run) in output, output

# The recording is read by another process while it is written.
reader = ("import h5py, sys; f = h5py.File(sys.argv[1], swmr=True); "
          "print(len(f['steps/step']), f['snapshots/image_expert'].shape[0])")
seen = subprocess.run([sys.executable, "-c", reader, str(run / "recording.h5")],
                      capture_output=True, text=True, check=True).stdout.split()
assert int(seen[0]) > at and int(seen[1]) >= 1, seen

assert ask("stop")["ok"]
assert process.wait(60) == 0
assert not (run / "control.sock").exists()
with h5py.File(run / "recording.h5") as f:
    events = [(int(e["step"]), e["kind"].decode(), e["text"].decode()) for e in f["events"][:]]
    kept = f["steps/kept"][:, 0].sum(axis=1).max(axis=-1)  # of the fullest of 4 experts
    chosen = f["steps/chosen"][:].sum(axis=(1, 2, 3))
settings = [e for e in events if e[1] == "setting"]
# Recorded with the first step at which it is in force: row at + 1 is step at + 2.
assert (at + 2, "setting", "aux.weight 0.04 → 0.5, moe.priority \"bpr\" → \"vanilla\"") in settings, events
assert any("capacity_factor 1.2 → 0.5" in e[2] for e in settings), events
assert {"pause", "resume", "checkpoint", "stop"} <= {e[1] for e in events}, events
# The change takes effect at the very next step: an expert has room for half a fourth of the choices
# (rounded up); before, the fullest of four experts kept at least a fourth.
assert kept[at + 1] <= 0.5 * chosen[at + 1] / 4 + 1, (kept[at + 1], chosen[at + 1])
assert kept[at] >= chosen[at] / 4, (kept[at], chosen[at])

# What was set just before a checkpoint is in force in the run that goes on from it, and shows.
limoe("train", "--resume", run, "--steps", len(kept) + 3)
with h5py.File(run / "recording-2.h5") as f:
    settings = [(int(e["step"]), e["text"].decode()) for e in f["events"][:]
                if e["kind"] == b"setting"]
assert settings and settings[0][0] == len(kept) + 1, settings
assert "aux.weight 0.04 → 0.5" in settings[0][1], settings

# kill -9: the lock is free, the recording is read up to the last commit, and the run resumes.
process = start("--out", run, "--force", "--steps", 100000, "--every", 20, *SMALL,
                "--set", "train.checkpoint_every=10")
wait_until(lambda: (run / "control.sock").exists() and ask("status")["step"] > 25, "steps")
os.kill(process.pid, signal.SIGKILL)
process.wait()
with h5py.File(run / "recording.h5", "r", swmr=True) as f:
    steps = f["steps/step"][:]
    assert list(steps) == list(range(1, len(steps) + 1)) and len(steps) >= 20
    assert f.attrs["complete"] == 0
limoe("train", "--resume", run, "--steps", 40)
with h5py.File(run / "recording-2.h5") as f:
    assert f["steps/step"][-1] == 40 and f.attrs["complete"] == 1

print("1 passed, 0 failed")
