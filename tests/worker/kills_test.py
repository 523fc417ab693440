"""kill -9 at random moments of a run's life, resumed each time: nothing that was recorded is lost,
and the run that comes out is, bit for bit, the one that was never interrupted.

Arguments: the program, the number of kills (12), the seed (1).
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import h5py
import zmq

from joined_run import assert_same, assert_same_checkpoint, joined, parts
from worker import LIMOE, SMALL, check_recording, limoe, scratch

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 12
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
STEPS = 1500
ARGUMENTS = ["--steps", STEPS, "--every", 30, "--seed", 3, "--set", "train.checkpoint_every=50",
             *SMALL]
MARGIN = 1.0   # seconds before the kill by which a step must be on record

random.seed(SEED)
folder = scratch()
whole = folder / "whole"
begin = time.monotonic()
limoe("train", "--out", whole, *ARGUMENTS)
LONGEST = time.monotonic() - begin  # that a worker lives: the last ones end by themselves
context = zmq.Context()
moments = {"while it starts": 0, "while it trains": 0}
slack = []


def step_now(run):
    """The step that the worker says it is at, or nothing."""
    socket = context.socket(zmq.REQ)
    socket.setsockopt(zmq.LINGER, 0)
    try:
        # Short of the 108 bytes of a socket's path however long the folder's name is.
        at = os.open(run, os.O_PATH)
        try:
            socket.connect(f"ipc:///proc/self/fd/{at}/control.sock")
            socket.send(b'{"command": "status"}')
            return json.loads(socket.recv())["step"] if socket.poll(200) else None
        finally:
            os.close(at)
    except FileNotFoundError:
        return None
    finally:
        socket.close()


def live_and_die(run, arguments):
    """Starts a worker and kills it; True where it had ended by itself. Checks what it leaves."""
    before = joined(run)["steps/step"] if (run / "recording.h5").exists() else {}
    process = subprocess.Popen([LIMOE, "train", *map(str, arguments)], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + random.uniform(0, LONGEST)
    seen = []
    while time.monotonic() < end and process.poll() is None:
        if (step := step_now(run)) is not None:
            seen.append((time.monotonic(), step))
        time.sleep(min(0.1, max(0, end - time.monotonic())))
    killed_at = time.monotonic()
    process.send_signal(signal.SIGKILL)
    output = process.communicate()[0]
    if process.returncode != -signal.SIGKILL:
        assert process.returncode == 0, output
        return True
    moments["while it trains" if any(s for _, s in seen) else "while it starts"] += 1
    if not (run / "recording.h5").exists():
        return False
    newest = parts(run)[-1]
    check_recording(newest)
    recorded = max(joined(run)["steps/step"], default=0)
    due = max((s for t, s in seen if t <= killed_at - MARGIN), default=0)
    assert recorded >= due, f"{newest}: {recorded} steps, but {due} were done a second before"
    with h5py.File(newest, "r", swmr=True) as f:
        if len(f["steps/step"]) == 0:  # ended before its first step: what was there still is
            assert joined(run)["steps/step"].keys() == before.keys()
    if seen and seen[-1][1]:
        slack.append(seen[-1][1] - recorded)
    return False


rounds = most_parts = 0
while sum(moments.values()) < KILLS:
    run = folder / f"run{rounds}"
    done = False
    while not done and sum(moments.values()) < KILLS:
        done = live_and_die(run, ["--resume", run] if (run / "config.json").exists()
                            else ["--out", run, *ARGUMENTS])
    if not done:
        limoe("train", *(["--resume", run] if (run / "config.json").exists()
                         else ["--out", run, *ARGUMENTS]))
    assert_same(run, whole)
    assert_same_checkpoint(run, whole, STEPS)
    most_parts = max(most_parts, len(parts(run)))
    rounds += 1
    shutil.rmtree(run)

print(f"{sum(moments.values())} kills (seed {SEED}; {', '.join(f'{n} {when}' for when, n in moments.items())}) in "
      f"{rounds} runs of up to {most_parts} parts: every recording opened, at most "
      f"{max([0, *slack])} steps behind the last one reported, every run the same as the "
      "uninterrupted one, bit for bit")
