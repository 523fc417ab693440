"""Bad input gets an error that names it, and nothing crashes or is overwritten."""

import json
import os
import pathlib
import socket

from worker import SMALL, limoe, scratch

folder = scratch()

# No such preset, setting, command.
output = limoe("train", "--preset", "XXL", "--out", folder / "a", status=1)
assert "XXL" in output and "H/14" in output, output
output = limoe("info", "XXL", status=1)
assert "XXL" in output and "tiny" in output, output
limoe("dance", status=2)
limoe("train", "--steps", "many", "--out", folder / "a", status=2)
assert not (folder / "a").exists()

output = limoe("train", "--data", "nowhere", "--out", folder / "a", status=1)
assert "nowhere" in output and "scenes" in output and not (folder / "a").exists(), output

# A configuration with two faults: both are named, nothing is begun.
config = folder / "two-faults.json"
config.write_text(json.dumps({"heads": 5, "moe": {"experts": -1}}))
output = limoe("train", "--config", config, "--out", folder / "b", status=1)
assert "heads" in output and "moe.experts" in output, output
assert not (folder / "b").exists()
config.write_text('{"width": 3,,}')
output = limoe("train", "--config", config, "--out", folder / "b", status=1)
assert str(config) in output and "line 1" in output, output

# A truncated checkpoint, and one that is text.
reference = pathlib.Path(__file__).parent.parent / "reference" / "limoe_tiny"
case = folder / "case"
case.mkdir()
for name in ("config.json", "inputs.safetensors", "expected.safetensors"):
    (case / name).write_bytes((reference / name).read_bytes())
weights = (reference / "weights.safetensors").read_bytes()
(case / "weights.safetensors").write_bytes(weights[:-100])
output = limoe("verify", case, status=1)
assert "weights.safetensors" in output and "truncated" in output, output
(case / "weights.safetensors").write_text("these are no weights, only words")
output = limoe("verify", case, status=1)
assert "weights.safetensors" in output, output
# Other weights than the expected numbers were computed from: told apart, exit status 1.
broken = bytearray(weights)
broken[-40:-36] = b"\x00\x00\x80\x3f"
(case / "weights.safetensors").write_bytes(broken)
output = limoe("verify", case, status=1)
assert "FAIL" in output, output
assert "no such folder" in limoe("verify", folder / "nowhere", status=1)

# A text file given as recording.
text = folder / "recording.h5"
text.write_text("not a recording")
output = limoe("info", text, status=1)
assert str(text) in output, output

# A run that is there already is not overwritten.
run = folder / "run"
limoe("train", "--out", run, "--steps", 1, *SMALL)
before = (run / "recording.h5").read_bytes()
output = limoe("train", "--out", run, "--steps", 1, *SMALL, status=1)
assert str(run) in output and "--force" in output, output
assert (run / "recording.h5").read_bytes() == before
limoe("train", "--out", run, "--steps", 1, "--force", *SMALL)

# Also where a part of it is missing, or the configuration: all that is there is replaced, if told.
(run / "recording.h5").rename(run / "recording-3.h5")
(run / "config.json").unlink()
limoe("train", "--out", run, "--steps", 1, *SMALL, status=1)
assert (run / "recording-3.h5").exists()
limoe("train", "--out", run, "--steps", 1, "--force", *SMALL)
assert (run / "recording.h5").exists() and not (run / "recording-3.h5").exists()

# A socket in use.
busy = folder / "busy"
busy.mkdir()
listener = socket.socket(socket.AF_UNIX)
listener.bind(str(busy / "control.sock"))
listener.listen()
output = limoe("train", "--out", busy, "--steps", 1, *SMALL, status=1)
assert "control.sock" in output and "listens" in output, output
listener.close()

# A folder that can't be written: below a file for everybody, and read-only for ordinary users.
output = limoe("train", "--out", text / "run", "--steps", 1, *SMALL, status=1)
assert str(text) in output, output
if os.geteuid() != 0:
    locked = folder / "locked"
    locked.mkdir(mode=0o500)
    assert str(locked) in limoe("train", "--out", locked / "run", "--steps", 1, *SMALL, status=1)

# A resumed run keeps its configuration: what would be ignored is refused.
output = limoe("train", "--resume", run, "--lr", 0.1, status=1)
assert "only --steps" in output, output
limoe("train", "--resume", run, "--steps", -7, status=1)

# Nothing to go on from.
assert "no run" in limoe("train", "--resume", folder / "nowhere", status=1)
assert "no worker" in limoe("control", run, "status", status=1)

print("1 passed, 0 failed")
