"""Run the chapters as other processors, and more threads, would compute them.

    python tools/other_cpus.py [--today | VARIANT ...]

A variant is KERNELS:THREADS: the kernels that OpenBLAS shall use, as its variable
OPENBLAS_CORETYPE names them (or `own`, what suits this machine), and the number of its
threads. NumPy's own vector instructions are cut down to match. Each variant is tried
first and runs only if it takes effect; one that this machine cannot imitate is skipped.
With `--today` there are two: the oldest processor, and one that goes with the date.
"""

import datetime
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = sorted(str(path) for path in (ROOT / "notebooks").glob("[0-9]*.ipynb"))
KERNELS = ("Prescott", "Haswell", "SkylakeX")
VARIANTS = [f"{kernels}:{n}" for n in (1, 2) for kernels in KERNELS] + ["own:2"]
OLDEST, *OTHERS = VARIANTS

# One set of kernels serves several processors; OpenBLAS reports the oldest of them.
ALIASES = {"Prescott": {"Prescott", "Katmai", "Coppermine", "Northwood", "Banias"}}

# Which of NumPy's instruction sets a processor lacks, as a pattern of their names.
LACKS = {
    "Prescott": r".",
    "Haswell": r"AVX512|X86_V4",
    "SkylakeX": r"AVX512_(CLX|CNL|ICL|SPR)",
    "own": r"(?!)",
}

PROBE = """
import json
import numpy as np
from numpy._core import _multiarray_umath as core
from threadpoolctl import threadpool_info
x = np.ones((200, 200))
x @ x
blas = [i for i in threadpool_info() if i["internal_api"] == "openblas"]
print(json.dumps({
    "kernels": [i["architecture"] for i in blas],
    "threads": [i["num_threads"] for i in blas],
    "simd": [f for f in core.__cpu_dispatch__ if core.__cpu_features__.get(f)],
}))
"""


def probe(env):
    """Return what NumPy computes with in this environment, or None if it breaks."""
    command = [sys.executable, "-c", PROBE]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else None


def environment(kernels, threads):
    """Return the environment of a variant, and why it cannot be had here (or None)."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": threads}
    for name in ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES"):
        env.pop(name, None)
    own = probe(env)
    if own is None or not own["kernels"]:
        return env, "NumPy does not use OpenBLAS here"
    lacking = [name for name in own["simd"] if re.match(LACKS[kernels], name)]
    if lacking:
        env["NPY_DISABLE_CPU_FEATURES"] = " ".join(lacking)
    if kernels != "own":
        env["OPENBLAS_CORETYPE"] = kernels
    now = probe(env)
    if now is None:
        return env, "this processor cannot run these kernels"
    wanted = own["kernels"] if kernels == "own" else ALIASES.get(kernels, {kernels})
    if not set(now["kernels"]) <= set(wanted):
        return env, f"OpenBLAS stays with its {', '.join(now['kernels'])} kernels here"
    if set(lacking) & set(now["simd"]):
        return env, "NumPy keeps its own vector instructions"
    if now["threads"] != [int(threads)]:
        return env, f"OpenBLAS uses {now['threads']} threads here"
    return env, None


def main():
    """Run all variants, or those that are named; fail if one fails or none runs."""
    ran, failed = 0, []
    variants = sys.argv[1:] or VARIANTS
    if variants == ["--today"]:
        day = datetime.date.today().toordinal()
        variants = [OLDEST, OTHERS[day % len(OTHERS)]]
    for variant in variants:
        kernels, _, threads = variant.partition(":")
        if kernels not in LACKS or not threads.isdigit():
            sys.exit(f"{variant}: expected one like {', '.join(VARIANTS)}")
        env, problem = environment(kernels, threads)
        if problem:
            print(f"{variant:12} skipped: {problem}", flush=True)
            continue
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", *CHAPTERS]
        if threads == "1":
            command += ["-n", "2", "--dist", "loadscope"]
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True
        )
        lines = done.stdout.strip().splitlines()
        ran += 1
        if done.returncode:
            failed.append(variant)
            print("\n".join(lines[:-1]), done.stderr)
        print(f"{variant:12} {lines[-1] if lines else 'no output'}", flush=True)
    print(f"{ran} variants ran, {len(failed)} failed {' '.join(failed)}".strip())
    sys.exit(bool(failed) or not ran)


if __name__ == "__main__":
    main()
