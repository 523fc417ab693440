"""What the worker's tests share: a small run that trains in seconds, and ways to look at it."""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

LIMOE = os.path.abspath(sys.argv[1])

SMALL = ["--set", "image_size=32", "--set", "width=32", "--set", "mlp_dim=64", "--set", "depth=2",
         "--set", "heads=2", "--set", "embed_dim=16", "--set", "vocab_size=256",
         "--set", "text_length=24", "--set", "moe.blocks=[1]", "--set", "moe.experts=4",
         "--set", "data.train_samples=512", "--set", "data.held_out_samples=64",
         "--record", "probe_samples=16", "--record", "recall_samples=32",
         "--batch-size", "8", "--threads", "1"]


def scratch():
    """A new folder that is removed when the process ends."""
    holder = tempfile.TemporaryDirectory(prefix="limoe-test-")
    scratch.holders.append(holder)
    return pathlib.Path(holder.name)


scratch.holders = []


def limoe(*arguments, status=0, **options):
    """Runs limoe, checks its exit status, returns everything it printed."""
    done = subprocess.run([LIMOE, *map(str, arguments)], capture_output=True, text=True,
                          timeout=200, **options)
    output = done.stdout + done.stderr
    assert done.returncode == status, f"{arguments}: exit status {done.returncode}\n{output}"
    return output


def start(*arguments, **environment):
    """Starts a training that goes on beside the test."""
    log = open(scratch() / "log", "w+")
    process = subprocess.Popen([LIMOE, "train", *map(str, arguments)], stdout=log,
                               stderr=subprocess.STDOUT, env=os.environ | environment)
    process.log = log
    return process


def wait_until(condition, what, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for: {what}")


def check_recording(path):
    done = subprocess.run([sys.executable, os.environ["CHECK_RECORDING"], str(path)],
                          capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
