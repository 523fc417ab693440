"""Users' own images and captions are routed as the run's held-out samples are, by a checkpoint and
by a worker that trains."""

import json
import struct
import zlib

import h5py
import numpy
import zmq

from worker import SMALL, check_recording, limoe, scratch, start, wait_until

folder = scratch()
run = folder / "run"
GROUP = 8  # the batch size of SMALL


def png(path, pixels):
    """A PNG (RFC 2083) of an [H, W, 3] array, every row unfiltered."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    path.write_bytes(b"\x89PNG\r\n\x1a\n" +
                     chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
                     chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
    return path


def texts(values):
    return [value.decode() for value in values]


def same(a, row_a, samples_a, b, row_b, samples_b):
    """All that is recorded of these samples in two recordings, gates to the half."""
    names = [name for name in a["snapshots"] if name in b["snapshots"]
             and name.startswith(("image_", "text_", "order"))]
    assert len(names) == 13, names
    for name in names:
        one = a["snapshots"][name][row_a][:, samples_a]
        other = b["snapshots"][name][row_b][:, samples_b]
        assert (one == other).all(), (name, one, other)
    assert (a["snapshots/embeddings"][row_a][samples_a] ==
            b["snapshots/embeddings"][row_b][samples_b]).all()


limoe("train", "--out", run, "--steps", 10, "--every", 5, "--record", "probabilities=all", *SMALL)

# --- a held-out sample that is given back goes where the run's recording says
with h5py.File(run / "recording.h5") as f:
    pictures = [png(folder / f"held {i}.png", image) for i, image in enumerate(f["probe/images"][:])]
    captions = texts(f["probe/captions"][:])
pairs = [x for i in range(16) for x in ("--pair", pictures[i], captions[i])]
output = limoe("probe", "--model", run, *pairs)
first = run / "probes/own-10.h5"
assert str(first) in output and "16 samples" in output, output
check_recording(first)
with h5py.File(run / "recording.h5") as f, h5py.File(first) as own:
    assert (own["probe/images"][:] == f["probe/images"][:]).all()
    assert (own["probe/token_ids"][:] == f["probe/token_ids"][:]).all()
    assert texts(own["probe/captions"][:]) == captions
    assert list(own["snapshots/step"]) == [10] and len(own["steps/step"]) == 0
    assert own.attrs["complete"] == 1 and own.attrs["run_id"] == f.attrs["run_id"]
    for name in ("probe_group_pairs", "probe_capacity_factor"):
        assert own.attrs[name] == f.attrs[name], name
    # 16 pairs in groups of 8: whole, whatever the run's own probe routes.
    config = json.loads(f.attrs["config"])
    assert config["record"]["recall_samples"] == 32
    config["record"]["recall_samples"] = 16
    assert json.loads(own.attrs["config"]) == config
    assert own.attrs["probe_group_pairs"] == GROUP
    same(f, -1, slice(0, 16), own, 0, slice(0, 16))

# Alone, too: the run's other held-out samples keep their places in its group.
limoe("probe", "--model", run / "checkpoints/step-00000010.safetensors", "--pair", pictures[0],
      captions[0])
with h5py.File(run / "recording.h5") as f, h5py.File(run / "probes/own-10-2.h5") as own:
    assert len(own["probe/captions"]) == 1
    record = json.loads(own.attrs["config"])["record"]
    assert (record["probe_samples"], record["recall_samples"]) == (1, GROUP), record
    same(f, -1, slice(0, 1), own, 0, slice(0, 1))
    # Ten pairs: the second group is filled from its third place on.
limoe("probe", "--model", run, *pairs[:30], "--out", folder / "ten.h5")
with h5py.File(run / "recording.h5") as f, h5py.File(folder / "ten.h5") as own:
    same(f, -1, slice(0, 8), own, 0, slice(0, 8))

# --- what is missing, unknown, too long or broken is said; nothing else is lost by it
solid = png(folder / "solid.png", numpy.full((50, 70, 3), (200, 30, 60), numpy.uint8))
letter = folder / "letter.jpg"
letter.write_text("not a picture")
cut = folder / "cut.png"
cut.write_bytes(solid.read_bytes()[:-20])
long_caption = "a red house and a green tree and a blue car and a yellow sign " * 3
output = limoe("probe", "--model", run, "--image", solid, letter, cut, folder / "none.tif",
               "--caption", "a red 猫 house", long_caption, "--out", folder / "mixed.h5")
for part in ("letter.jpg: is no PNG, JPEG, WebP or TIFF", "cut.png: ends early",
             "none.tif: there is no such file", "has no pieces for all of: 猫",
             "tokens, the model reads 24", "2 captions alone in groups of 8", "3 samples"):
    assert part in output, (part, output)
check_recording(folder / "mixed.h5")
with h5py.File(folder / "mixed.h5") as f:
    assert (f["probe/images"][0] == (200, 30, 60)).all()
    assert (f["probe/images"][1:] == 128).all()  # the plain picture beside a caption alone
    assert texts(f["probe/captions"][:]) == ["", "a red 猫 house", long_caption]
    assert (f["probe/token_ids"][:] >= 0).sum(axis=1).tolist()[::2] == [1, 24]
    assert f["probe/token_ids"][0, 0] == 1 and 1 in f["probe/token_ids"][1]  # unknown
    source = texts(f["probe/source"][:])
    assert source[0].startswith(f"{solid} (70 × 50), without a caption"), source
    assert "caption alone" in source[1] and "plain grey" in source[1], source
    warnings = [e["text"].decode() for e in f["events"][:] if e["kind"] == b"warning"]
    assert len(warnings) == 6 and any("letter.jpg" in w for w in warnings), warnings
    # Measures of what is not known are NaN; the others are those of the decisions.
    names = texts(f["snapshots/metrics"].attrs["names"])
    metrics = dict(zip(names, f["snapshots/metrics"][0]))
    assert all(numpy.isnan(metrics[n]) for n in names if "recall" in n or "label" in n), metrics
    assert abs(metrics["success/image"] - f["snapshots/image_kept"][0].mean()) < 1e-6, metrics
    # Whole distributions are there, though the run's own setting is another matter.
    probability = f["snapshots/image_probability"][0, 0]
    assert numpy.allclose(probability.sum(axis=-1), 1, atol=1e-5)
    assert (probability.argmax(axis=-1) == f["snapshots/image_expert"][0, 0, :, :, 0]).all()

output = limoe("probe", "--model", run, "--image", letter, cut, "--out", folder / "no.h5", status=1)
assert "none of the images" in output and "letter.jpg" in output and "cut.png" in output, output
assert not (folder / "no.h5").exists()
output = limoe("probe", "--model", run, "--image", solid, "--out", folder / "mixed.h5", status=1)
assert "never overwritten" in output and "reading" not in output, output
with h5py.File(folder / "mixed.h5") as f:
    assert len(f["probe/captions"]) == 3
limoe("probe", "--model", run, status=1)
limoe("probe", "--model", folder, "--image", solid, status=1)
output = limoe("probe", "--model", run, "--image", *[solid] * 257, status=1)
assert "at most 256" in output, output

# As JSON, both ways, as another program asks: of a caption that begins like an option.
samples = {"samples": [{"caption": "--a tree"}, {"image": str(solid), "caption": "a house"}]}
reply = json.loads(limoe("probe", "--model", run, "--list", "-", "--json",
                         input=json.dumps(samples)).split("\n{", 1)[0].split("\n")[0])
assert reply["samples"] == 2 and reply["step"] == 10, reply
with h5py.File(reply["recording"]) as f:
    assert texts(f["probe/captions"][:]) == ["--a tree", "a house"]

# The run is a sound run still, and what is wrong with an own recording is found.
output = limoe("check", run)
assert output.count("/probes/own-10") == 3, output
limoe("export", run, "--scalars", folder / "a.csv")

# --- other kinds of models
for name, extra in {"two": ["--towers", "two"], "dense": ["--dense"],
                    "top2": ["--set", "moe.top_k=2", "--setting", "gshard"]}.items():
    limoe("train", "--out", folder / name, "--steps", 2, *SMALL, *extra)
    limoe("probe", "--model", folder / name, "--pair", pictures[0], captions[0], "--image", solid)
    check_recording(folder / name / "probes/own-2.h5")
    limoe("check", folder / name)
    with h5py.File(folder / name / "recording.h5") as f, \
            h5py.File(folder / name / "probes/own-2.h5") as own:
        # Images come before pairs; only what needs no places in a group is the same there.
        assert (own["probe/token_ids"][1] == f["probe/token_ids"][0]).all()
        if name != "dense":
            for modality in ("image", "text"):
                path = f"snapshots/{modality}_expert"
                assert (own[path][0, 0, 1] == f[path][-1, 0, 0]).all(), name

# --- a worker that trains
live = folder / "live"
context = zmq.Context()


def ask(command, **more):
    socket = context.socket(zmq.REQ)
    socket.linger = 0
    socket.rcvtimeo = 20000
    socket.connect(f"ipc://{live}/control.sock")
    socket.send_json({"command": command, **more})
    answer = socket.recv_json()
    socket.close()
    return answer


process = start("--out", live, "--steps", 100000, "--every", 50, *SMALL)
wait_until(lambda: (live / "control.sock").exists(), "the socket")
wait_until(lambda: ask("status")["step"] > 2, "some steps")
reply = json.loads(limoe("control", live, "probe", "--pair", solid, "a red house"))
assert reply["done"] and reply["samples"] == 1 and reply["remarks"] == [], reply
while_training = reply
check_recording(reply["recording"])
at = ask("status")["step"]
wait_until(lambda: ask("status")["step"] > at, "training on")

# With equal weights both ways give the same.
ask("pause")
wait_until(lambda: ask("status")["state"] == "paused", "the pause")
ask("set", values={"moe.capacity_factor": 0.5})
ask("checkpoint")
step = ask("status")["step"]
reply = json.loads(limoe("control", live, "probe", "--image", solid, letter, "--pair", pictures[1],
                         captions[1]))
assert reply["step"] == step and reply["samples"] == 2, reply
assert reply["recording"] == str(live / f"probes/own-{step}.h5"), reply
assert len(reply["remarks"]) == 1 and "letter.jpg" in reply["remarks"][0], reply
wait_until((live / f"checkpoints/step-{step:08d}.safetensors").exists, "the checkpoint")
limoe("probe", "--model", live, "--image", solid, letter, "--pair", pictures[1], captions[1])
with h5py.File(reply["recording"]) as a, h5py.File(live / f"probes/own-{step}-2.h5") as b:
    same(a, 0, slice(0, 2), b, 0, slice(0, 2))
    assert a.attrs["probe_capacity_factor"] == b.attrs["probe_capacity_factor"] == 0.5
    kept = a["snapshots/image_kept"][0].mean()
    assert kept < 0.9, kept  # half the places are there

# What it is not asked rightly for it refuses, and goes on.
for wrong, why in ((dict(samples=[]), "a list of 1 to 256"),
                   (dict(samples=[{"image": "a.png"}]), "whole path"),
                   (dict(samples=[{"picture": "/a.png"}]), "has \"picture\""),
                   (dict(samples=[{}]), "neither"),
                   (dict(samples=[{"caption": "a"}] * 257), "a list of 1 to 256"),
                   (dict(probe=99), "the number of one"), ({}, "the number of one")):
    refused = ask("probe", **wrong)
    assert not refused["ok"] and why in refused["error"], (wrong, refused)
output = limoe("control", live, "probe", "--image", letter, status=1)
assert "letter.jpg" in output, output

# One that is taken back leaves nothing.
before = sorted((live / "probes").iterdir())
ask("resume")
number = ask("probe", samples=[{"image": str(solid)}] * 256)["probe"]
state = ask("probe", probe=number, cancel=True)
state = wait_until(lambda: (s := ask("probe", probe=number))["done"] and s, "the end of it")
assert state.get("failed") == "cancelled" or "recording" in state, state
assert len(list((live / "probes").iterdir())) == len(before) + ("recording" in state)

assert ask("stop")["ok"]
assert process.wait(60) == 0
with h5py.File(live / "recording.h5") as f:
    events = [(int(e["step"]), e["text"].decode()) for e in f["events"][:] if e["kind"] == b"probe"]
assert (while_training["step"], f"probes/own-{while_training['step']}.h5: 1 sample") in events, events
assert (step, f"probes/own-{step}.h5: 2 samples") in events, events
limoe("check", live)

# The folder is in nobody's way: the run goes on, and goes with it where it is replaced.
limoe("train", "--resume", run, "--steps", 12)
check_recording(run / "recording-2.h5")
limoe("probe", "--model", run, "--image", solid)
assert (run / "probes/own-12.h5").exists() and first.exists()
(run / "probes/notes.txt").write_text("mine")
for name in ("own-10.h5.session.json", "own-9.h5.session.json", "own-10.h5.session.json.bak"):
    (run / "probes" / name).write_text("{}")  # names that the user gave to experts
limoe("train", "--out", run, "--force", "--steps", 1, *SMALL)
assert [path.name for path in (run / "probes").iterdir()] == ["notes.txt"]

print("1 passed, 0 failed")
