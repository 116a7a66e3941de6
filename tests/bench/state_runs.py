"""What only keyed state shows: the tail beside checkpoints, the restart after SIGKILL, a state that is larger than its memory.

The workload is W2; every key is there before the measurement begins, and every record of the output is checked.
"""

import array
import json
import math
import pathlib
import subprocess
import tempfile
import threading
import time

from engines import TRIGGERS, Leat, cpu_seconds, memory_mb, say

AFTER_COMMIT_NS = 50_000_000  # a record is in a checkpoint's way from its cut until this after its commit
TAIL_RATE = 20_000
RESTART_RATE = 2_000


def percentile(values, share):
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)] if values else float("nan")


class Stage:
    """Topics, a leat with W2 on them, and all of its keys."""

    def __init__(self, name, tools, binary, bootstrap, users, trigger, limit=None, settings=()):
        self.tools, self.users = tools, users
        self.incoming, self.outgoing = f"{name}-in", f"{name}-out"
        self.records = ["--workload", "totals", "--users", users, "--cover", 1, "--paced-from", users]
        self.leat = Leat(name, binary, bootstrap, trigger, settings, limit=limit)
        tools.create(self.incoming)
        tools.create(self.outgoing)

    def start(self):
        self.leat.start(self.incoming, self.outgoing, "totals", "run")
        self.leat.wait_running()
        return self

    def all_keys(self):
        self.tools.run("generator", "--topic", self.incoming, *self.records, "--records", self.users, "--rate", 0, "--start-ns", time.time_ns())
        self.leat.wait_for("caught_up")

    def paced(self, rate, seconds, start_ns):
        """The options of the reader and the generator for what comes after all keys."""
        return [*self.records, "--records", self.users + rate * seconds, "--rate", rate, "--start-ns", start_ns]

    def close(self):
        self.leat.stop()
        self.tools.delete(self.incoming, self.outgoing)


# --- the tail beside checkpoints -----------------------------------------------------------------------------------------


class Commits(threading.Thread):
    """Notes every commit while it runs: (cut, commit), ns, and its phases in seconds.

    The daemon tells how long ago the newest commit was and the sum of all times from cut to commit; so each is to be seen before the next."""

    def __init__(self, leat):
        super().__init__(daemon=True)
        self.leat, self.ended, self.seen, self.missed = leat, threading.Event(), [], 0

    def sample(self):
        metrics, now = self.leat.metrics(), time.time_ns()
        value = lambda name, labels="": metrics.get(f'{name}{{pipeline="{self.leat.pipeline}"{labels}}}', 0.0)
        sums = {phase: value("leat_checkpoint_seconds_sum", f',phase="{phase}"') for phase in ("align", "persist", "commit")}
        count = value("leat_checkpoint_seconds_count", ',phase="commit"')
        return count, sums, now - int(value("leat_checkpoint_age_seconds") * 1e9)

    def run(self):
        before, sums = self.sample()[:2]
        while not self.ended.wait(0.25):
            count, new, committed = self.sample()
            if count == before + 1:
                phases = {phase: new[phase] - sums[phase] for phase in new}
                self.seen.append((committed - int(phases["commit"] * 1e9), committed, phases))
            elif count != before:
                self.missed += 1
            before, sums = count, new

    def end(self):
        self.ended.set()
        self.join()


def split_by(commits, dump):
    """Latencies in ms of the records alive in [cut, commit + 50 ms], and of the rest."""
    numbers = array.array("q")
    numbers.frombytes(pathlib.Path(dump).read_bytes())
    spans = sorted((cut, commit + AFTER_COMMIT_NS) for cut, commit, _ in commits)
    inside, outside = [], []
    for intended, received in zip(numbers[0::2], numbers[1::2]):
        alive = any(intended <= end and received >= start for start, end in spans)
        (inside if alive else outside).append((received - intended) / 1e6)
    return inside, outside


def measure_tail(options, tools, binary, bootstrap, number):
    users = options.users or 1_000_000
    stage = Stage(f"tail-{number}", tools, binary, bootstrap, users, {"mode": "real_time", "checkpoint_interval": "5s"}).start()
    with tempfile.TemporaryDirectory(prefix="leat-bench.") as folder:
        dump = f"{folder}/times"
        try:
            stage.all_keys()
            run = stage.paced(TAIL_RATE, options.seconds + options.warm_up, time.time_ns() + 10_000_000_000)
            reader = tools.start("reader", "--topic", stage.outgoing, "--stage", "totals", "--warm-up", TAIL_RATE * options.warm_up, "--dump", dump, *run)
            commits = Commits(stage.leat)
            commits.start()
            generator = json.loads(tools.run("generator", "--topic", stage.incoming, "--from", users, *run, allowed=(0, 3)))
            found = json.loads(reader.communicate()[0])
            time.sleep(1)
            commits.end()
            memory = memory_mb(stage.leat.process.pid)
        finally:
            stage.close()
        inside, outside = split_by(commits.seen, dump)
    result = {"run": "tail", "users": users, "rate": TAIL_RATE, "commits": len(commits.seen), "missed_commits": commits.missed,
              "cut_to_commit_ms": [phases["commit"] * 1e3 for _, _, phases in commits.seen],
              "persist_ms": [phases["persist"] * 1e3 for _, _, phases in commits.seen], "memory_mb": memory,
              "alive": summary(inside), "rest": summary(outside), "right": reader.returncode == 0, "late": generator["late"],
              "slip_p99_us": generator["slip_us"]["p99"]}
    result["ratio"] = result["alive"]["p99"] / result["rest"]["p99"]
    say(f"tail: {result['commits']} commits of {percentile(result['cut_to_commit_ms'], 0.5):.1f} ms; alive in one p99 {result['alive']['p99']:.2f} ms of "
        f"{len(inside)}, the rest {result['rest']['p99']:.2f} ms of {len(outside)}: {result['ratio']:.2f}; right: {result['right']}, "
        f"generator p99 {result['slip_p99_us']:.0f} us")
    if not result["right"]:
        say("NOT RIGHT:", {name: found[name] for name in ("expected", "received", "missing", "doubled", "wrong", "disordered")})
    return result


def summary(values):
    return {"count": len(values), "p50": percentile(values, 0.5), "p99": percentile(values, 0.99), "p999": percentile(values, 0.999)}


# --- the restart after SIGKILL -------------------------------------------------------------------------------------------


def measure_restart(options, tools, binary, bootstrap, _):
    users, kills, gap_s = options.users or 1_000_000, options.repetitions, 8
    stage = Stage("restart", tools, binary, bootstrap, users, TRIGGERS["real_time"]).start()
    seconds = []
    try:
        stage.all_keys()
        run = stage.paced(RESTART_RATE, gap_s * (kills + 1), time.time_ns() + 8_000_000_000)
        generator = subprocess.Popen(tools.command("generator", "--topic", stage.incoming, "--from", users, *run), stdout=subprocess.DEVNULL)
        time.sleep(8)
        for kill in range(kills):
            time.sleep(gap_s / 2)
            if generator.poll() not in (None, 0, 3):
                raise RuntimeError("the generator failed, so that there is nothing to put out")
            folder = stage.leat.kill()
            time.sleep(0.2)  # what is on the wire arrives
            watch = tools.start("topics", "next", stage.outgoing, "--timeout-ms", 30_000)
            started = time.time_ns()
            stage.leat.serve(folder)
            answer = watch.communicate()[0]
            if not answer:
                raise RuntimeError("no output after the restart: " + json.dumps(stage.leat.call("GET", f"/v1/pipelines/{stage.leat.pipeline}"))[:3000])
            first = int(answer)
            seconds.append((first - started) / 1e9)
            say(f"restart {kill + 1}: first output {seconds[-1]:.2f} s after the process starts")
            time.sleep(gap_s / 2)
        generator.wait()
        stage.leat.wait_for("caught_up")
        check = subprocess.run(tools.command("reader", "--topic", stage.outgoing, "--stage", "totals", "--again", 1, *run), stdout=subprocess.PIPE, text=True)
    finally:
        stage.close()
    found = json.loads(check.stdout.splitlines()[-1])
    counts = {name: found[name] for name in ("expected", "received", "missing", "doubled", "wrong")}
    say("restart: every record:", counts)
    return {"run": "restart", "users": users, "seconds": seconds, "right": check.returncode == 0, **counts}


# --- more state than memory ----------------------------------------------------------------------------------------------


class Memory(threading.Thread):
    """Looks at the resident size ten times a second."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.ended, self.values = pid, threading.Event(), []

    def run(self):
        while not self.ended.wait(0.1):
            self.values.append(memory_mb(self.pid))

    def end(self):
        self.ended.set()
        self.join()


def measure_spill(options, tools, binary, bootstrap, number):
    users = options.users or 10_000_000
    records = options.records or users * 3 // 2
    limit = options.memory or "256MiB"
    stage = Stage(f"spill-{number}", tools, binary, bootstrap, users, TRIGGERS["real_time"], limit, [f"memory={limit}"])
    run = [*stage.records, "--records", records, "--rate", 0, "--start-ns", time.time_ns()]
    marks = []
    try:
        say(f"spill: writing {records} records over {users} keys")
        tools.run("generator", "--topic", stage.incoming, *run)
        stage.start()
        pid, began = stage.leat.process.pid, time.time_ns()
        memory = Memory(pid)
        memory.start()
        watch = subprocess.Popen(tools.command("topics", "watch", stage.incoming, "--group", stage.leat.group, "--timeout-ms", 1_200_000),
                                 stdout=subprocess.PIPE, text=True)
        for line in watch.stdout:
            marks.append((*map(int, line.split()), cpu_seconds(pid)))
        if watch.wait() != 0:
            raise RuntimeError(f"not everything was committed: {marks[-1:]}")
        memory.end()
        most = memory_mb(pid, "VmHWM")
        check = subprocess.run(tools.command("reader", "--topic", stage.outgoing, "--stage", "totals", *run), stdout=subprocess.PIPE, text=True)
    finally:
        stage.close()
    found = json.loads(check.stdout.splitlines()[-1])
    took, cpu = (marks[-1][0] - began) / 1e9, marks[-1][3]
    covered = next(mark for mark in marks if mark[1] >= users)
    result = {"run": "spill", "users": users, "records": records, "limit": limit, "right": check.returncode == 0,
              **{name: found[name] for name in ("expected", "received", "missing", "doubled", "wrong", "disordered")},
              "per_second": records / took, "per_cpu_second": records / cpu,
              "updates_per_second": (records - covered[1]) / max((marks[-1][0] - covered[0]) / 1e9, 1e-9),
              "memory_p50_mb": percentile(memory.values, 0.5), "memory_max_mb": most}
    say(f"spill: {result['per_second'] / 1e3:.0f} k/s, {result['per_cpu_second'] / 1e3:.0f} k records per CPU-second, updates alone "
        f"{result['updates_per_second'] / 1e3:.0f} k/s; resident {result['memory_p50_mb']:.0f} MB, at most {most:.0f} MB; right: {result['right']}")
    return result


MEASURES = {"tail": (measure_tail, True), "restart": (measure_restart, False), "spill": (measure_spill, True)}


def run(options, tools, binary, bootstrap):
    """What `--parts` names of MEASURES; those that are repeated, `--repetitions` times."""
    found = []
    for name, (measure, repeated) in MEASURES.items():
        if name not in options.parts:
            continue
        for number in range(options.repetitions if repeated else 1):
            found.append(measure(options, tools, binary, bootstrap, number))
    return found


def report(found, middle, table):
    parts = []
    if tails := [one for one in found if one["run"] == "tail"]:
        rows = [[f"{one['commits']}", f"{percentile(one['cut_to_commit_ms'], 0.5):.1f}", f"{max(one['cut_to_commit_ms'], default=0):.1f}",
                 *(f"{one[side]['p50']:.2f} / {one[side]['p99']:.2f} / {one[side]['p999']:.2f}" for side in ("alive", "rest")), f"{one['ratio']:.2f}",
                 "yes" if one["right"] else "NO"] for one in tails]
        rows.append(["median", "", "", *(middle([one[side]["p99"] for one in tails]) for side in ("alive", "rest")),
                     middle([one["ratio"] for one in tails]), ""])
        parts.append(table(["commits", "cut to commit ms, p50", "most", "alive in one, ms p50 / p99 / p99.9", "the rest", "p99 ratio", "every record"], rows))
    for one in found:
        if one["run"] == "restart":
            parts.append(table(["restart", "keys", "first output, s", "came again", "every record"],
                               [["kill -9", f"{one['users']}", middle(one["seconds"]), f"{one['doubled']}", "yes" if one["right"] else "NO"]]))
        if one["run"] == "spill":
            parts.append(table(["spill", "limits.memory", "k/s", "k records per CPU-second", "updates alone, k/s", "resident p50, MB", "most, MB", "every record"],
                               [[f"{one['records']} over {one['users']} keys", one["limit"], f"{one['per_second'] / 1e3:.0f}",
                                 f"{one['per_cpu_second'] / 1e3:.0f}", f"{one['updates_per_second'] / 1e3:.0f}", f"{one['memory_p50_mb']:.0f}",
                                 f"{one['memory_max_mb']:.0f}", "yes" if one["right"] else "NO"]]))
    return "\n\n".join(parts) + ("\n" if parts else "")
