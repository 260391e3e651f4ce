"""What all workers in Python do: the other end of the driver's protocol."""

import json
import resource
import sys
from pathlib import Path
from time import perf_counter

import numpy as np

CHECKED_RUNS = 3


class Workload:
    """Something to be timed: `run` computes once, to the end; `outcome` tells what it computed."""

    # By how much the time of a run is divided.
    units = 1

    def __init__(self, run, outcome, units=1):
        self.run, self.outcome, self.units = run, outcome, units

    def timed(self):
        start = perf_counter()
        self.run()
        return (perf_counter() - start) / self.units


def digest(result):
    """Three numbers that tell results apart: the root of the mean square, the first and the last."""
    result = np.asarray(result, dtype=np.float64).reshape(-1)
    return [float(np.sqrt(np.mean(result**2))), float(result[0]), float(result[-1])]


def say(message):
    print(json.dumps(message), flush=True)


def serve(version, load):
    """Answers the driver until it has had enough; `load` takes the name of a workload, the path of its
    weights and that of its batch, and returns a `Workload`, or None if the library has none."""
    folder = Path(sys.argv[1])
    workload = None
    say({"version": version})
    for line in sys.stdin:
        [(request, argument)] = parse(line)
        if request == "load":
            files = (folder / f"{argument}.{part}.safetensors" for part in ("weights", "batch"))
            workload = load(argument, *files)
            say(first_runs(workload) if workload else {"unsupported": "it has no such workload"})
        elif request == "time":
            say({"seconds": [workload.timed() for _ in range(argument)]})
        else:
            # In units of 1024 bytes, on Linux.
            say({"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
            break


def parse(line):
    request = json.loads(line)
    return request.items() if isinstance(request, dict) else [(request, None)]


def first_runs(workload):
    first = workload.timed()
    losses = workload.outcome()
    for _ in range(1, CHECKED_RUNS):
        workload.run()
        losses += workload.outcome()
    return {"losses": losses, "first": first}
