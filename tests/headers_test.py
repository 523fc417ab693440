"""Every header compiles alone, and none sees a library that its part of the program must not use.

Where a source file begins with its own header, the build has proved the former already; the other
headers are compiled here. The compiler would not notice the latter: Debian puts LibTorch's headers
into /usr/include.

    headers_test.py SOURCE_DIR BUILD_DIR
"""

import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys

SOURCE = pathlib.Path(sys.argv[1])
BUILD = pathlib.Path(sys.argv[2])

TORCH = r"(torch|ATen|c10)/"
QT = r"Q[A-Z]\w+$|qcustomplot"
HDF5 = r"hdf5\.h|H5\w+\.h"
OPENCV = r"opencv2/"
# Folder (the longest that fits counts) and what no file in it may include, directly or not.
FORBIDDEN = {
    "model/data": [TORCH, QT, HDF5, "routing_probe/", "gui/"],
    "model": [QT, HDF5, "routing_probe/", "gui/"],
    "routing_probe/recording": [TORCH, QT, OPENCV, "model/", "gui/"],
    "routing_probe/worker": [QT, "gui/"],
    "gui": [TORCH, HDF5, "routing_probe/worker/", "model/data/", "model/training/"],
}
# Plain C++ parts of model/, which the desktop program uses too.
PLAIN = ["model/config.h", "model/config_json.h", "model/config_presets.h", "model/json_text.h",
         "model/model_size.h", "model/routing.h", "model/safetensors_header.h",
         "model/sweep_spec.h"]

INCLUDE = re.compile(r'^\s*#\s*include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def included(path, seen=None):
    """All that `path` includes, own headers followed."""
    seen = {} if seen is None else seen
    for name in INCLUDE.findall(path.read_text()):
        if name not in seen:
            seen[name] = str(path.relative_to(SOURCE))
            if (SOURCE / name).exists():
                included(SOURCE / name, seen)
    return seen


def violations(path):
    relative = str(path.relative_to(SOURCE))
    folder = max((f for f in FORBIDDEN if relative.startswith(f + "/")), key=len)
    patterns = FORBIDDEN[folder] + ([TORCH, OPENCV] if relative in PLAIN else [])
    return [f"{relative}: includes {name} (from {origin}), which {folder}/ must not use"
            for name, origin in included(path).items()
            for pattern in patterns if re.match(pattern, name)]


def proved_by_build(header):
    source = header.with_suffix(".cpp")
    return source.exists() and INCLUDE.findall(source.read_text())[0] == str(
        header.relative_to(SOURCE))


def arguments_of(command):
    """The compiler and its options, without input and output."""
    arguments = shlex.split(command)
    arguments = arguments[1:] if "ccache" in arguments[0] else arguments
    at = arguments.index("-o")
    return [a for a in arguments[:at] + arguments[at + 2:-1] if a != "-c"]


def compile_alone(header):
    # A folder may feed several targets: the header may need what any of them is given.
    entries = commands.get(header.parent) or commands[header.parent.parent]
    kept = entries[0] + [a for entry in entries[1:] for i, a in enumerate(entry)
                         if a == "-isystem" or (i > 0 and entry[i - 1] == "-isystem")]
    done = subprocess.run([*kept, "-O0", "-fsyntax-only", "-Wno-pragma-once-outside-header",
                           "-include", str(header), "-x", "c++", "/dev/null"],
                          capture_output=True, text=True, cwd=BUILD)
    return "" if done.returncode == 0 else f"{header}: does not compile alone\n{done.stderr[:2000]}"


commands = {}
for entry in json.loads((BUILD / "compile_commands.json").read_text()):
    file = pathlib.Path(entry["file"])
    if SOURCE in file.parents and BUILD not in file.parents:
        entries = commands.setdefault(file.parent, [])
        arguments = arguments_of(entry["command"])
        if arguments not in entries:
            entries.append(arguments)

headers = sorted(h for part in ("model", "routing_probe", "gui") for h in (SOURCE / part).rglob("*.h"))
sources = sorted(s for part in ("model", "routing_probe", "gui")
                 for s in (SOURCE / part).rglob("*.cpp"))
faults = [fault for file in headers + sources for fault in violations(file)]
alone = [h for h in headers if not proved_by_build(h)]
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    jobs = [pool.submit(compile_alone, h) for h in alone]
    faults += [job.result() for job in jobs if job.result()]
print("\n".join(faults))
print(f"{len(headers)} headers, of which {len(alone)} compiled here; "
      f"{len(headers + sources)} files looked through, {len(faults)} faults")
sys.exit(1 if faults else 0)
