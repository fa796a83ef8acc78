"""Runs commands and pipelines and asks the kernel what they took."""
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time


def run(stages, environment=None, feeder=0):
    """Runs a pipeline: `stages` are commands, each one's output the next one's input.

    feeder: how many of the first stages only bring the bytes (curl), which the other side does itself.
    Returns wall and CPU seconds (with and without the feeder) and the peak memory in MiB of the largest process that is
    no feeder. Ends the program where a stage fails.
    """
    environment = {**os.environ, **(environment or {})}
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as output:
        start = time.monotonic()
        processes = []
        source = subprocess.DEVNULL
        for command in stages:
            target = output if command is stages[-1] else subprocess.PIPE
            processes.append(Launched(command, source, target, errors, environment))
            if source != subprocess.DEVNULL:
                source.close()
            source = processes[-1].output
        usages = [process.wait() for process in processes]
        wall = time.monotonic() - start
        output.seek(0)
        printed = output.read()
        for process in processes:
            if process.code != 0:
                errors.seek(0)
                text = (errors.read() + printed).decode(errors="replace")[-3000:]
                sys.exit(f"{' '.join(process.command)} failed with {process.code}:\n{text}")
    cpu = [usage["user"] + usage["system"] for usage in usages]
    return {"wall": wall, "cpu": sum(cpu[feeder:]), "cpuWithFeeder": sum(cpu),
            "peakMiB": max(usage["peakKiB"] for usage in usages[feeder:]) / 1024,
            "output": printed.decode(errors="replace")}


class Launched:
    """A command under launch.py."""

    LAUNCHER = [sys.executable, "-I", "-S", str(pathlib.Path(__file__).with_name("launch.py"))]

    def __init__(self, command, source, target, errors, environment):
        self.command = command
        self.report, descriptor = os.pipe()
        self.process = subprocess.Popen(
            [*self.LAUNCHER, str(descriptor), *command], stdin=source, stdout=target, stderr=errors, env=environment,
            pass_fds=[descriptor])
        os.close(descriptor)
        self.output = self.process.stdout

    def wait(self):
        self.code = self.process.wait()
        with os.fdopen(self.report, "rb") as report:
            text = report.read()
        return json.loads(text) if text else {"user": 0, "system": 0, "peakKiB": 0}


FIGURES = ["wall", "cpu", "cpuWithFeeder", "peakMiB"]


def medians(runs):
    return {figure: round(statistics.median(run[figure] for run in runs), 3) for figure in FIGURES}


def compare(ours, peers):
    """Our figures as ratios of the best peer's, each figure on its own."""
    best = {figure: min(peer[figure] for peer in peers.values()) for figure in FIGURES}
    return {
        "wallRatio": round(ours["wall"] / best["wall"], 3), "cpuRatio": round(ours["cpu"] / best["cpu"], 3),
        "cpuRatioWithFeeder": round(ours["cpu"] / best["cpuWithFeeder"], 3), "peakMiB": round(ours["peakMiB"], 1),
        "wall": ours["wall"], "cpu": ours["cpu"], "peers": peers}


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    return {"cpu": model or platform.machine(), "cores": os.cpu_count(), "kernel": platform.release(),
            "loadAverage": round(os.getloadavg()[0], 2)}


def interleaved(contenders, runs, say):
    """Runs all contenders `runs` times, in turn: what else happens on the machine hits each alike.

    contenders: name -> callable that gives the figures of one run.
    """
    results = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(runs + 1):
        # The first turn warms caches and is not counted. Each turn begins with another one.
        for name in names[turn % len(names):] + names[:turn % len(names)]:
            figures = contenders[name]()
            if turn:
                results[name].append(figures)
            say(f"{'warm-up' if turn == 0 else f'run {turn} of {runs}'}: {name}: {figures['wall']:.2f} s wall, "
                f"{figures['cpu']:.2f} s CPU, {figures['peakMiB']:.1f} MiB")
    return {name: medians(runs) for name, runs in results.items()}
