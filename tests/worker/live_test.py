"""What is changed while a run trains is in force from the step of its event on, in every curve; the
event has what undoes it; a resumed run goes on with it."""

import json
import math
import re

import h5py
import zmq

from worker import SMALL, check_recording, limoe, scratch, start, wait_until

run = scratch() / "run"
context = zmq.Context()


def column(f, name):
    names = [n.decode() if isinstance(n, bytes) else n for n in f["steps/scalars"].attrs["names"]]
    return dict(zip(f["steps/step"][:], f["steps/scalars"][:, names.index(name)].astype(float)))


def ask(command, **more):
    with context.socket(zmq.REQ) as socket:
        socket.linger = 0
        socket.rcvtimeo = 20000
        socket.connect(f"ipc://{run}/control.sock")
        socket.send_json({"command": command, **more})
        reply = socket.recv_json()
    assert reply["ok"], reply
    return reply


def status():
    return ask("status")


def steps(count):
    """Trains `count` more steps, one by one."""
    for _ in range(count):
        at = status()["step"]
        ask("step")
        wait_until(lambda: status()["step"] == at + 1, "a step")


def values_of(text):
    """{key: (old, new)} of an event's text, as whoever undoes it reads it."""
    pairs = re.findall(r'([a-z_.]+) ("?[^ ",]+"?) → ("?[^ ",]+"?)', text)
    return {key: (json.loads(old), json.loads(new)) for key, old, new in pairs}


process = start("--out", run, "--steps", 100000, "--every", 500, "--seed", 1, *SMALL,
                "--set", "train.warmup_steps=0", "--set", "train.final_learning_rate=0.001")
wait_until(lambda: (run / "control.sock").exists(), "the socket")
ask("pause")
wait_until(lambda: status()["state"] == "paused", "the pause")
steps(2)
changes = {  # each at a step of its own
    "aux.weight": 0.5, "aux.z": 0, "aux.min_experts_text": 9, "aux.min_experts_image": 7,
    "moe.noise_std": 0, "moe.capacity_factor": 0.25, "train.learning_rate": 0.004}
at = {}
before = status()["live"]
for key, value in changes.items():
    at[key] = status()["step"] + 1
    ask("set", values={key: value})
    steps(2)
# All of it back at once, with what the events say.
with h5py.File(run / "recording.h5", swmr=True) as f:
    n = len(f["events"])
    events = [(int(e["step"]), e["text"].decode()) for e in f["events"][:n]
              if e["kind"] == b"setting"]
assert [step for step, _ in events] == list(at.values()), (events, at)
undo = {}
for (_, text), (key, value) in zip(events, changes.items()):
    assert values_of(text) == {key: (before[key], value)}, (text, key, before[key])
    undo[key] = values_of(text)[key][0]
back = status()["step"] + 1
limoe("control", run, "set", *(f"{key}={json.dumps(value)}" for key, value in undo.items()))
steps(2)
assert status()["live"] == before
# What a dense model, or no model, has not: refused, and nothing is changed.
assert "cannot be changed" in limoe("control", run, "set", "moe.experts=3", status=1)
assert "whole number" in limoe("control", run, "set", "aux.min_experts_text=0", status=1)
# All that can be changed at once: more than one event's text holds, and nothing is cut off.
everything = {key: 0.123456789012345 + i for i, key in enumerate(before) if "min_" not in key}
everything |= {"aux.min_experts_image": 2, "aux.min_experts_text": 3, "moe.priority": "vanilla",
               "train.learning_rate": 0.00123456789012345}
last = status()["step"] + 1
limoe("control", run, "set", *(f"{key}={json.dumps(value)}" for key, value in everything.items()))
steps(1)
ask("stop")
assert process.wait(60) == 0
check_recording(run / "recording.h5")

with h5py.File(run / "recording.h5") as f:
    weighted, raw = column(f, "weighted/importance"), column(f, "aux/importance")
    share = {step: weighted[step] / raw[step] for step in raw}
    z = column(f, "weighted/z")
    text, image, load = (column(f, f"aux/{n}") for n in ("global_text", "global_image", "load"))
    rate = column(f, "learning_rate")
    kept = {int(s): k.sum(axis=0).max() for s, k in zip(f["steps/step"][:], f["steps/kept"][:, 0])}
    chosen = {int(s): c.sum() for s, c in zip(f["steps/step"][:], f["steps/chosen"][:])}
    told = {}
    for e in f["events"][:]:
        if e["kind"] == b"setting" and int(e["step"]) == last:
            told |= values_of(e["text"].decode())


def bends(key, curve, old, new):
    """`old` holds up to the step before the event, `new` from its step on."""
    for step in range(at[key] - 2, at[key]):
        assert old(curve[step]), (key, step, curve[step])
    for step in range(at[key], at[key] + 2):
        assert new(curve[step]), (key, step, curve[step])


def near(value):
    return lambda x: math.isclose(x, value, rel_tol=1e-4)


# Six losses share the weight: 0.04 · 1/6, then 0.5 · 1/6; five when z is off.
bends("aux.weight", share, near(0.04 / 6), near(0.5 / 6))
bends("aux.z", share, near(0.5 / 6), near(0.5 / 5))
bends("aux.z", z, lambda x: x > 0, lambda x: x == 0)
# max(0, log S − H) with H of 4 experts at most log 4 and S = 1 (of 4 · 9/32): nothing; S = 9: at
# least log 9 − log 4. Of images S = 3 (4 · 20/32 = 2.5, halves up), then 7.
bends("aux.min_experts_text", text, lambda x: x == 0, lambda x: x >= math.log(9 / 4) - 1e-6)
bends("aux.min_experts_image", image, lambda x: x <= math.log(3) + 1e-6,
      lambda x: x >= math.log(7 / 4) - 1e-6)
bends("moe.noise_std", load, lambda x: x != 0, lambda x: x == 0)
for step in range(at["moe.capacity_factor"], at["moe.capacity_factor"] + 2):
    assert kept[step] <= 0.25 * chosen[step] / 4 + 1, step
assert kept[at["moe.capacity_factor"] - 1] > 0.25 * chosen[at["moe.capacity_factor"] - 1] / 4 + 1
# A cosine of 100000 steps from the rate down to 0.001: so soon it has hardly begun.
bends("train.learning_rate", rate, near(0.001), lambda x: 0.0039 < x <= 0.004)
# Undone, from that very step on.
assert math.isclose(share[back - 1], 0.5 / 5, rel_tol=1e-4), share
assert math.isclose(share[back], 0.04 / 6, rel_tol=1e-4), share
assert rate[back - 1] > 0.0039 and math.isclose(rate[back], 0.001, rel_tol=1e-4), rate
assert load[back] != 0 and text[back] == 0
assert told == {key: (before[key], value) for key, value in everything.items()}, told

# A resumed run goes on with what was in force, and says it once more.
limoe("train", "--resume", run, "--steps", last + 2)
with h5py.File(run / "recording-2.h5") as f:
    again = {}
    for e in f["events"][:]:
        if e["kind"] == b"setting":
            assert int(e["step"]) == last + 1
            again |= values_of(e["text"].decode())
    weighted, raw = column(f, "weighted/importance"), column(f, "aux/importance")
assert again == told, again
weights = [everything[f"aux.{name}"] for name in ("weight", "importance")]
# All eight are active now.
for step in (last + 1, last + 2):
    assert math.isclose(weighted[step] / raw[step], weights[0] * weights[1] / 8, rel_tol=1e-4)

print("1 passed, 0 failed")
