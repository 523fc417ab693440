"""A disk that fills up, a file that is removed, a folder that is moved: the run waits, says why, and
loses no step; or it stops with everything saved elsewhere.

A full disk is played twice: with a limit on the size of the worker's files, which works anywhere,
and with a small tmpfs, which needs the right to mount one.
"""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

import h5py

from joined_run import assert_same, assert_same_checkpoint, joined, parts
from worker import LIMOE, SMALL, check_recording, limoe, scratch, start, wait_until

STEPS = 400
ARGUMENTS = ["--steps", STEPS, "--every", 10, "--seed", 3,
             "--set", "train.checkpoint_every=50", *SMALL]

folder = scratch()
whole = folder / "whole"
limoe("train", "--out", whole, *ARGUMENTS)


def status(run):
    return json.loads(limoe("control", run, "status"))


def has_trained(run, steps):
    return (run / "control.sock").exists() and status(run)["step"] >= steps


def waits(run):
    answer = status(run)
    return answer if answer["state"] == "waiting" else None


def begin(run, **environment):
    """A worker that has trained some steps and is held there, until go_on()."""
    process = start("--out", run, *ARGUMENTS, **environment)
    wait_until(lambda: has_trained(pathlib.Path(run), 20), "20 steps")
    os.kill(process.pid, signal.SIGSTOP)
    return process


def go_on(process):
    os.kill(process.pid, signal.SIGCONT)


def limit_files(process, size):
    """No file of the process may grow beyond the size."""
    _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, most))


def events_of(run):
    with h5py.File(run / "recording.h5", "r", swmr=True) as f:
        return list(f["events"][:])


def logged(process, text):
    process.log.seek(0)
    return text in process.log.read()


def answer_step(run):
    """The step of the newest checkpoint, by its name."""
    names = [p.name for p in (run / "checkpoints").glob("step-*.safetensors")]
    return max(int(name[5:13]) for name in names)


def wall_of(run):
    """Seconds of training at the newest checkpoint, from its optimiser's file."""
    path = max((run / "checkpoints").glob("*.optimizer.safetensors"))
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return float(header["__metadata__"]["wall_seconds"])


def end_well(process):
    code = process.wait(120)
    process.log.seek(0)
    assert code == 0, process.log.read()
    process.log.seek(0)
    return process.log.read()


def assert_nothing_lost(run):
    for part in parts(run):
        check_recording(part)
    assert_same(run, whole)
    assert_same_checkpoint(run, whole, STEPS)


# --- No room for the recording: it waits, says so everywhere, and goes on by itself.
run = folder / "limited"
process = begin(run)
limit_files(process, (run / "recording.h5").stat().st_size)
go_on(process)
answer = wait_until(lambda: waits(run), "the worker to wait")
assert "recording.h5" in answer["message"] and "room" in answer["message"], answer
step = answer["step"]
time.sleep(0.5)
assert status(run)["step"] == step  # nothing is trained that could be lost
with h5py.File(run / "recording.h5", "r", swmr=True) as f:  # what was recorded is there
    assert step - 2 <= len(f["steps/step"]) <= step
assert "--folder" in limoe("control", run, "stop", status=1)
asks = subprocess.Popen([LIMOE, "control", run, "probe", "--caption", "a red house"],
                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
line = asks.stderr.readline()  # images of one's own wait too, and are told why
assert line.startswith("the run waits: ") and "room" in line, line
limoe("control", run, "retry")  # in vain
limoe("control", run, "pause")  # kept for later
limoe("control", run, "resume")
assert waits(run)
limit_files(process, resource.RLIM_INFINITY)
output = end_well(process)
asks.communicate()
assert [path.suffix for path in (run / "probes").iterdir()] == [".h5"]
assert "WAITING at step" in output and "recording.h5" in output, output
assert_nothing_lost(run)
assert len(parts(run)) == 1
with h5py.File(run / "recording.h5") as f:
    assert f.attrs["complete"] == 1
    kinds = [e["kind"].decode() for e in f["events"][:]]
    warnings = [e["text"].decode() for e in f["events"][:] if e["kind"] == b"warning"]
assert len(warnings) == 1 and "room" in warnings[0], warnings
assert "pause" in kinds and "resume" in kinds, kinds

# --- No room for a checkpoint.
run = folder / "checkpoint"
process = begin(run)
shutil.rmtree(run / "checkpoints")
(run / "checkpoints").write_text("in the way")
go_on(process)
answer = wait_until(lambda: waits(run), "the worker to wait")
assert "checkpoints" in answer["message"], answer
(run / "checkpoints").unlink()
limoe("control", run, "retry")
end_well(process)
assert_nothing_lost(run)

# --- The recording is removed: it is put back, and a second part goes on.
run = folder / "removed"
process = begin(run)
(run / "recording.h5").unlink()
go_on(process)
end_well(process)
assert len(parts(run)) == 2
assert_nothing_lost(run)

# --- The whole folder is moved away and comes back.
run = folder / "moved"
process = begin(run)
os.rename(run, folder / "away")
go_on(process)
time.sleep(1)
assert process.poll() is None
os.rename(folder / "away", run)
end_well(process)
assert_nothing_lost(run)

# --- There will be no room: everything goes elsewhere, and from there on to the end.
def assert_one_run(run, elsewhere):
    """What was saved elsewhere goes on, and beside the first part makes one run with it."""
    limoe("train", "--resume", elsewhere)
    for part in [*parts(run), *parts(elsewhere)]:
        check_recording(part)
        limoe("check", part)
    for number, part in enumerate(parts(elsewhere), len(parts(run)) + 1):
        shutil.move(part, run / f"recording-{number}.h5")
    assert_same(run, whole)
    assert_same_checkpoint(elsewhere, whole, STEPS)
    limoe("export", run, "--join", run / "joined.h5")


for how in ("stop", "interrupt"):
    run, elsewhere = folder / f"stuck-{how}", folder / f"elsewhere-{how}"
    begun = time.monotonic()
    # What is no folder cannot be saved in.
    process = begin(run, TMPDIR=str(whole / "config.json"))
    # In its way where the file was; the limit below would hold elsewhere, too.
    os.rename(run / "recording.h5", run / "hidden.h5")
    (run / "recording.h5").write_text("in the way")
    go_on(process)
    answer = wait_until(lambda: waits(run), "the worker to wait")
    waiting = time.monotonic()
    assert "move that away" in wait_until(
        lambda: "something else" in status(run)["message"] and status(run)["message"],
        "the reason"), answer
    if how == "stop":
        # What cannot be saved there either leaves nothing, and the run goes on waiting.
        limoe("control", run, "stop", "--folder", run / "recording.h5" / "below")
        wait_until(lambda: "saved elsewhere: " in waits(run)["message"], "that it says so")
        time.sleep(1)
        waited = time.monotonic() - waiting
        limoe("control", run, "stop", "--folder", elsewhere)
        output = end_well(process)
        # The time it waited is none that it trained.
        assert wall_of(elsewhere) <= time.monotonic() - begun - waited
    else:
        process.send_signal(signal.SIGINT)
        output = end_well(process)
        os.rename(pathlib.Path(output.split("--resume ")[1].split()[0]), elsewhere)
    os.rename(run / "hidden.h5", run / "recording.h5")
    assert "could not be recorded" in output, output
    assert_one_run(run, elsewhere)

# --- The recording is gone for good, its name is taken: elsewhere the whole of it is saved. What was
# set meanwhile is in force there, and shows.
run, elsewhere = folder / "gone", folder / "elsewhere-gone"
process = begin(f"{run}/")
(run / "recording.h5").unlink()
(run / "recording.h5").write_text("in the way")
go_on(process)
wait_until(lambda: waits(run), "the worker to wait")
limoe("control", run, "set", "aux.weight=0.3")
elsewhere.mkdir()
(elsewhere / "something").write_text("else")
limoe("control", run, "stop", "--folder", elsewhere)
end_well(process)
elsewhere = elsewhere / "gone"  # what is not empty gets a folder of the run's name
assert len(parts(elsewhere)) == 2
for part in parts(elsewhere):
    check_recording(part)
assert list(joined(elsewhere)["steps/step"]) == list(range(1, answer_step(elsewhere) + 1))
limoe("train", "--resume", elsewhere)
assert set(joined(elsewhere)["steps/step"]) == set(range(1, STEPS + 1))
limoe("export", elsewhere, "--join", elsewhere / "joined.h5")
with h5py.File(elsewhere / "joined.h5") as f:
    settings = [e["text"].decode() for e in f["events"][:] if e["kind"] == b"setting"]
assert any("aux.weight 0.04 → 0.3" in text for text in settings), settings

# --- A setting for the next step, and then a new part that begins at it.
run = folder / "set-and-removed"
process = begin(run)
go_on(process)
limoe("control", run, "pause")
wait_until(lambda: status(run)["state"] == "paused", "the pause")
limoe("control", run, "set", "aux.weight=0.3")
wait_until(lambda: any(e["kind"] == b"setting" for e in events_of(run)), "the setting")
(run / "recording.h5").unlink()
limoe("control", run, "resume")
end_well(process)
assert len(parts(run)) == 2
limoe("export", run, "--join", run / "joined.h5")
with h5py.File(run / "joined.h5") as f:
    settings = [e["text"].decode() for e in f["events"][:] if e["kind"] == b"setting"]
assert settings == ["aux.weight 0.04 → 0.3"], settings

# --- Only the checkpoint cannot be written: elsewhere it is the same run.
run, elsewhere = folder / "no-checkpoint", folder / "elsewhere-checkpoint"
process = begin(run)
shutil.rmtree(run / "checkpoints")
(run / "checkpoints").write_text("in the way")
go_on(process)
wait_until(lambda: waits(run), "the worker to wait")
limoe("control", run, "stop", "--folder", elsewhere)
end_well(process)
assert_one_run(run, elsewhere)

# --- A full tmpfs.
disk = folder / "disk"
disk.mkdir()
mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk],
                         capture_output=True).returncode == 0
if mounted:
    try:
        run = disk / "run"
        process = start("--out", run, *ARGUMENTS)
        answer = wait_until(lambda: (run / "control.sock").exists() and waits(run), "a full disk")
        subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
        limoe("control", run, "retry")
        end_well(process)
        assert_nothing_lost(run)
        shutil.rmtree(run)

        # It stays full, at many places in the file: elsewhere it goes on, and nothing half-written
        # is left where there was no room.
        for size in ("1200k", "1300k", "1450k", "1800k"):
            subprocess.run(["mount", "-o", f"remount,size={size}", disk], check=True)
            elsewhere = folder / f"elsewhere-{size}"
            process = start("--out", run, *ARGUMENTS)
            wait_until(lambda: (run / "control.sock").exists() and waits(run), "a full disk")
            small = disk / "too-small"  # nor there: it goes on waiting
            limoe("control", run, "stop", "--folder", small)
            time.sleep(1)
            assert waits(run) and not (small / "config.json").exists()
            limoe("control", run, "stop", "--folder", elsewhere)
            end_well(process)
            subprocess.run(["mount", "-o", "remount,size=200m", disk], check=True)
            assert_one_run(run, elsewhere)
            shutil.rmtree(run)
            shutil.rmtree(small, ignore_errors=True)

        # Elsewhere there is room for the checkpoint, but not for the recording, or for that but
        # not for the part that goes on: nothing of it is left there, the run waits, and loses
        # nothing.
        full, run = disk / "full", folder / "too-large"
        process = begin(run)
        hidden = run / "hidden.h5"
        (run / "recording.h5").rename(hidden)
        (run / "recording.h5").write_text("in the way")
        go_on(process)
        wait_until(lambda: waits(run), "the worker to wait")
        newest = max((whole / "checkpoints").glob("step-*.safetensors")).stem
        needed = sum(path.stat().st_size for path in (
            *(whole / "checkpoints").glob(newest + "*"), whole / "tokenizer.model"))
        recording = hidden.stat().st_size
        for room, fails in ((recording // 2, "recording.h5"), (recording + 60_000, "recording-2.h5")):
            size = (needed + room) // 1024
            subprocess.run(["mount", "-o", f"remount,size={size}k", disk], check=True)
            limoe("control", run, "stop", "--folder", full)
            answer = wait_until(
                lambda: fails in waits(run)["message"].partition("saved elsewhere")[2]
                and waits(run), f"that there is no room for {fails}")
            assert not list(full.iterdir()), os.listdir(full)
        (run / "recording.h5").unlink()
        (run / "hidden.h5").rename(run / "recording.h5")
        limoe("control", run, "retry")
        end_well(process)
        assert_nothing_lost(run)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)

print(f"1 passed, 0 failed; full tmpfs at step {answer['step']}: no step lost" if mounted
      else "1 passed, 0 failed; no right to mount a tmpfs, that part was left out")
