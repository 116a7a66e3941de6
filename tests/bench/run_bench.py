#!/usr/bin/env python3
"""Measures leat beside a bare librdkafka loop on one real broker, everything interleaved, and checks every record.

Prints tables and writes <out>/results.json (and .md). README.md says what is measured and how. Standard library only.
"""

import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

import state_runs
from engines import TRIGGERS, WORKLOADS, Bare, Broker, Direct, Leat, Tools, cpu_seconds, memory_mb, say

PERCENTILES = ("p50", "p90", "p99", "p999", "max")


class Bench:
    def __init__(self, options, tools, engines):
        self.options, self.tools, self.engines = options, tools, engines
        self.counter = 0
        self.latency, self.drains, self.idle = [], [], []

    def topics(self):
        self.counter += 1
        return f"in-{self.counter}", f"out-{self.counter}"

    def stage(self, engine, workload):
        return WORKLOADS[workload].stage if engine.works else "raw"

    # --- latency -------------------------------------------------------------------------------------------------------

    def measure_latency(self, engine, workload, rate, seconds):
        incoming, outgoing = self.topics()
        self.tools.create(incoming, "append" if isinstance(engine, Direct) else "create")
        self.tools.create(outgoing, "append")
        records, warm_up = rate * (seconds + self.options.warm_up), rate * self.options.warm_up
        pid = engine.start(incoming, outgoing, workload, self.counter)
        try:
            if pid is not None:
                engine.wait_running()
                time.sleep(0.5)
            start_ns = time.time_ns() + 2_000_000_000
            run = ["--workload", workload, "--records", records, "--rate", rate, "--start-ns", start_ns, *WORKLOADS[workload].records]
            reader = self.tools.start("reader", "--topic", engine.out_topic(incoming, outgoing), "--stage", self.stage(engine, workload),
                                      "--warm-up", warm_up, *run)
            cpu = cpu_seconds(pid) if pid else 0
            generator = json.loads(self.tools.run("generator", "--topic", incoming, *run, allowed=(0, 3)))
            answer = reader.communicate()[0]
            cpu = cpu_seconds(pid) - cpu if pid else 0
            memory, peak = (memory_mb(pid), memory_mb(pid, "VmHWM")) if pid else (0, 0)
        finally:
            engine.stop()
        self.tools.delete(incoming, outgoing)
        found = json.loads(answer)
        found.update(engine=engine.name, workload=workload, rate=rate, slip_us=generator["slip_us"], late=generator["late"],
                     priority=generator["priority"], cpu_us_per_record=cpu / records * 1e6, memory_mb=memory, peak_mb=peak)
        found["slip_us"].pop("histogram")
        self.latency.append(found)
        self.check(found, reader.returncode)
        times = found["latency_us"] or {name: float("nan") for name in PERCENTILES}
        say(f"latency {workload} {rate}/s {engine.name}: p50 {times['p50'] / 1e3:.2f} p99 {times['p99'] / 1e3:.2f} "
            f"p99.9 {times['p999'] / 1e3:.2f} ms, {found['cpu_us_per_record']:.0f} us CPU a record, {memory:.0f} MB"
            + (f"; generator late: p99 {generator['slip_us']['p99']:.0f} us" if found["late"] else ""))

    def check(self, found, code):
        found["right"] = code == 0
        if code != 0:
            wrong = {name: found[name] for name in ("expected", "received", "missing", "doubled", "wrong", "disordered")}
            say(f"NOT RIGHT: {found['engine']} {found['workload']}: {wrong}")

    # --- throughput ----------------------------------------------------------------------------------------------------

    def preload(self, workload):
        topic, start_ns = f"load-{workload}", time.time_ns()
        self.tools.create(topic)
        run = ["--workload", workload, "--records", self.options.records, "--rate", 0, "--start-ns", start_ns, *WORKLOADS[workload].records]
        self.tools.run("generator", "--topic", topic, *run)
        return topic, run

    def measure_drain(self, engine, workload, incoming, run):
        _, outgoing = self.topics()
        self.tools.create(outgoing)
        began = time.time_ns()
        pid = engine.start(incoming, outgoing, workload, self.counter)
        marks = []
        try:
            watch = subprocess.Popen(self.tools.command("topics", "watch", incoming, "--group", engine.group), stdout=subprocess.PIPE, text=True)
            base = cpu_seconds(pid) if isinstance(engine, Leat) else 0.0
            for line in watch.stdout:
                at, committed, _ = map(int, line.split())
                marks.append((at, committed, cpu_seconds(pid)))
            if watch.wait() != 0:
                raise RuntimeError(f"{engine.name} did not commit everything: {marks[-1:]}")
            memory, peak = memory_mb(pid), memory_mb(pid, "VmHWM")
        finally:
            engine.stop()
        check = subprocess.run(self.tools.command("reader", "--topic", outgoing, "--stage", self.stage(engine, workload), *run),
                               stdout=subprocess.PIPE, text=True)
        self.tools.delete(outgoing)
        found = json.loads(check.stdout.splitlines()[-1])
        found.update(engine=engine.name, workload=workload, records=self.options.records, memory_mb=memory, peak_mb=peak, **self.rates(marks, base, began))
        self.drains.append(found)
        self.check(found, check.returncode)
        say(f"drain {workload} {engine.name}: {found['per_cpu_second'] / 1e3:.0f} k records per CPU-second "
            f"(warm half {found['warm_per_cpu_second'] / 1e3:.0f}), {found['per_second'] / 1e3:.0f} k/s")

    def rates(self, marks, base, began):
        """The whole, and its second half: from the first mark at which half was committed."""
        end_ns, end, cpu = marks[-1]
        half = next(mark for mark in marks if mark[1] * 2 >= end)
        warm = (end - half[1]) / (cpu - half[2]) if cpu > half[2] and end > half[1] else float("nan")
        return {"per_cpu_second": end / max(cpu - base, 1e-9), "warm_per_cpu_second": warm, "per_second": end / ((end_ns - began) / 1e9),
                "cpu_seconds": cpu - base}

    # --- idle ----------------------------------------------------------------------------------------------------------

    def measure_idle(self, engine):
        incoming, outgoing = self.topics()
        self.tools.create(incoming)
        self.tools.create(outgoing)
        pid = engine.start(incoming, outgoing, "json", self.counter)
        try:
            engine.wait_running()
            time.sleep(3)
            before, at = cpu_seconds(pid), time.monotonic()
            time.sleep(self.options.idle_seconds)
            share = (cpu_seconds(pid) - before) / (time.monotonic() - at)
            self.idle.append({"engine": engine.name, "core_percent": share * 100, "memory_mb": memory_mb(pid)})
            say(f"idle {engine.name}: {share * 100:.2f} % of a core, {memory_mb(pid):.0f} MB")
        finally:
            engine.stop()
        self.tools.delete(incoming, outgoing)

    # --- all -----------------------------------------------------------------------------------------------------------

    def run(self):
        options = self.options
        if not {"idle", "drain", "latency"} & set(options.parts):
            return
        self.warm_the_broker()
        busy = [engine for engine in self.engines if not isinstance(engine, Direct)]
        if "idle" in options.parts:
            for engine in busy:
                self.attempt(self.measure_idle, engine)
        if "drain" in options.parts:
            loads = {workload: self.preload(workload) for workload in options.workloads}
            for _ in range(options.repetitions):
                for workload, (incoming, run) in loads.items():
                    for engine in busy:
                        if engine.does(workload):
                            self.attempt(self.measure_drain, engine, workload, incoming, run)
            self.tools.delete(*(incoming for incoming, _ in loads.values()))
        if "latency" in options.parts:
            for _ in range(options.repetitions):
                for workload in options.workloads:
                    for rate in options.rates if WORKLOADS[workload].timed else []:
                        for engine in self.engines:
                            if engine.does(workload):
                                self.attempt(self.measure_latency, engine, workload, rate, options.seconds)

    def warm_the_broker(self):
        """Its compiler has met every path before the first figure counts."""
        say("warming the broker")
        for engine in self.engines[:2]:
            self.attempt(self.measure_latency, engine, "json", 2000, 2 if self.options.quick else 8)
        self.latency.clear()

    def attempt(self, measure, engine, *arguments):
        try:
            measure(engine, *arguments)
        except Exception as error:  # one engine's failure must not cost the run
            say(f"FAILED {measure.__name__} {engine.name}: {error}")
            engine.stop()


def middle(values, digits=2, scale=1.0):
    values = [value * scale for value in values if value == value]
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def grouped(results, *names):
    groups = {}
    for result in results:
        groups.setdefault(tuple(result[name] for name in names), []).append(result)
    return groups


def ratio(values, reference):
    if not values or not reference:
        return "-"
    return f"{statistics.median(values) / statistics.median(reference):.2f}"


def pair_ratio(values, reference):
    """Of neighbours in the run: median (least–greatest) of the ratios of each repetition."""
    if not values or len(values) != len(reference):
        return ratio(values, reference)
    return middle([one / other for one, other in zip(values, reference)])


def report(bench):
    parts = []
    if bench.drains:
        groups = grouped(bench.drains, "workload", "engine")
        rows = []
        for (workload, engine), found in groups.items():
            values = [one["per_cpu_second"] for one in found]
            against = lambda name: [one["per_cpu_second"] for one in groups.get((workload, name), [])]
            first = [one["per_cpu_second"] for one in groups.get(("json", engine), [])]
            rows.append([workload, engine, middle(values, 0, 1e-3), middle([one["warm_per_cpu_second"] for one in found], 0, 1e-3),
                         middle([one["per_second"] for one in found], 0, 1e-3), ratio(values, against("b0")), ratio(values, against("hand")),
                         pair_ratio(values, first), middle([one["memory_mb"] for one in found], 0), right(found)])
        parts.append(table(["drain", "engine", "k records per CPU-second", "warm half", "k/s", "÷ B0", "÷ hand", "÷ W1", "MB", "every record"], rows))
    if bench.latency:
        groups = grouped(bench.latency, "workload", "rate", "engine")
        rows = []
        for (workload, rate, engine), found in groups.items():
            timed = [one for one in found if one["latency_us"]]
            p99 = [one["latency_us"]["p99"] for one in timed]
            base = [one["latency_us"]["p99"] for one in groups.get((workload, rate, "b0"), []) if one["latency_us"]]
            rows.append([workload, f"{rate}/s", engine, *(middle([one["latency_us"][name] for one in timed], 2, 1e-3) for name in ("p50", "p99", "p999")),
                         ratio(p99, base), middle([one["kafka_ms"]["p99"] for one in timed if one["kafka_ms"]], 0),
                         middle([one["cpu_us_per_record"] for one in found], 0),
                         middle([one["memory_mb"] for one in found], 0), middle([one["slip_us"]["p99"] for one in found], 0), right(found)])
        parts.append(table(["latency", "rate", "engine", "p50 ms", "p99 ms", "p99.9 ms", "p99 ÷ B0", "p99 by Kafka's stamps, ms", "CPU µs a record", "MB",
                            "generator slip p99 µs", "every record"], rows))
    if bench.idle:
        parts.append(table(["idle", "% of a core", "MB"], [[one["engine"], f"{one['core_percent']:.2f}", f"{one['memory_mb']:.0f}"] for one in bench.idle]))
    return "\n\n".join(parts) + "\n"


def right(found):
    bad = sum(1 for one in found if not one["right"])
    late = sum(1 for one in found if one.get("late"))
    return ("yes" if bad == 0 else f"NO: {bad} of {len(found)} runs") + (f"; generator late in {late} of {len(found)}" if late else "")


# What one word on the command line means: the options that it sets where they are not given.
WHOLE = {"parts": ["idle", "drain", "latency"], "workloads": ["json", "bytes", "filter95"],
         "engines": ["direct", "b0", "hand", "leat-rt", "leat-mb"], "rates": [1000, 3000, 10000], "seconds": 12, "repetitions": 5}
NAMED = {
    "all": {},
    "W1": {"parts": ["drain"], "workloads": ["json"]},
    "W2": {"parts": ["drain"], "workloads": ["json", "totals"], "engines": ["leat-rt", "leat-mb"]},
    "W4": {"parts": ["drain"], "workloads": ["json", "windows"], "engines": ["leat-rt", "leat-mb"]},
    "W5": {"parts": ["drain"], "workloads": ["json", "rekey"], "engines": ["leat-rt", "leat-2w"]},
    "A": {"parts": ["latency"], "workloads": ["encode"], "engines": ["direct", "b0", "leat-rt"], "rates": [1000, 5000]},
    "B": {"parts": ["latency"], "workloads": ["groups"], "engines": ["leat-rt"], "rates": [1000, 5000], "seconds": 120, "repetitions": 3},
    "tail": {"parts": ["tail"], "seconds": 60, "repetitions": 3},
    "restart": {"parts": ["restart"], "repetitions": 3},
    "spill": {"parts": ["spill"], "repetitions": 1},
}


def words(text):
    return text.split(",")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", choices=NAMED, default="all", help="what is measured; the options below change it")
    parser.add_argument("--build", required=True, help="build folder (preset bench)")
    parser.add_argument("--out", help="folder of the results (default: <build>/bench)")
    parser.add_argument("--quick", action="store_true", help="one repetition, short: does it work at all?")
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--seconds", type=int, help="measured part of a latency run")
    parser.add_argument("--warm-up", type=int, default=3, help="seconds of a latency run that are dropped")
    parser.add_argument("--records", type=int, help="of a drain; of `spill` all of them")
    parser.add_argument("--users", type=int, help="keys of `tail`, `restart`, `spill`")
    parser.add_argument("--memory", help="`limits.memory` of pipelines with state (B: 64MiB, spill: 256MiB)")
    parser.add_argument("--rates", type=lambda text: [int(rate) for rate in text.split(",")])
    parser.add_argument("--workloads", type=words, help=" ".join(WORKLOADS))
    parser.add_argument("--parts", type=words, help="idle drain latency tail restart spill")
    parser.add_argument("--engines", type=words, help="direct b0 hand leat-rt leat-mb leat-2w")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME:KEY=VALUE[;KEY=VALUE…]",
                        help="one more leat in real-time with these settings; a KEY in capitals is an environment variable")
    parser.add_argument("--idle-seconds", type=int, default=20)
    parser.add_argument("--heap", default="1g", help="of the broker")
    parser.add_argument("--leat", help="the binary (default: <build>/leat)")
    options = parser.parse_args()
    if options.quick:
        for name, value in {"repetitions": 1, "seconds": 6, "warm_up": 1, "records": 300_000, "users": 50_000, "idle_seconds": 5}.items():
            setattr(options, name, value)
    for name, value in {**WHOLE, **NAMED[options.what]}.items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.what == "B" and options.memory is None:
        options.memory = "64MiB"
    return options


def binary_of(options):
    return options.leat or str(pathlib.Path(options.build) / "leat")


def make_engines(options, tools, bootstrap):
    binary = binary_of(options)
    made = {"direct": lambda: Direct("direct"), "b0": lambda: Bare("b0", tools, False), "hand": lambda: Bare("hand", tools, True),
            "leat-rt": lambda: Leat("leat-rt", binary, bootstrap, TRIGGERS["real_time"], ["workers=1"], limit=options.memory),
            "leat-mb": lambda: Leat("leat-mb", binary, bootstrap, TRIGGERS["micro_batch"], limit=options.memory),
            "leat-2w": lambda: Leat("leat-2w", binary, bootstrap, TRIGGERS["real_time"], ["workers=2"], limit=options.memory)}
    engines = [made[name]() for name in options.engines]
    for variant in options.variant:
        name, _, rest = variant.partition(":")
        pairs = [pair for pair in rest.split(";") if pair]
        settings = [pair for pair in pairs if not pair.split("=")[0].isupper()]
        environment = dict(pair.split("=", 1) for pair in pairs if pair.split("=")[0].isupper())
        engines.append(Leat(name, binary, bootstrap, TRIGGERS["real_time"], settings, environment, options.memory))
    if not pathlib.Path(binary).exists():
        say(f"{binary} is not there: measuring without leat")
        engines = [engine for engine in engines if not isinstance(engine, Leat)]
    return engines


def main():
    options = read_options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with this process
    out = pathlib.Path(options.out or pathlib.Path(options.build) / "bench")
    out.mkdir(parents=True, exist_ok=True)
    broker = Broker(options.heap)
    try:
        tools = Tools(options.build, broker.bootstrap)
        bench = Bench(options, tools, make_engines(options, tools, broker.bootstrap))
        bench.run()
        state = state_runs.run(options, tools, binary_of(options), broker.bootstrap)
    finally:
        broker.close()
    text = "\n".join(part for part in (report(bench), state_runs.report(state, middle, table)) if part.strip())
    machine = {"cores": os.cpu_count(), "load_at_end": os.getloadavg()}
    result = {"date": time.strftime("%Y-%m-%d"), "machine": machine, "options": {name: value for name, value in vars(options).items()},
              "drains": bench.drains, "latency": bench.latency, "idle": bench.idle, "state": state}
    (out / "results.json").write_text(json.dumps(result, indent=1))
    (out / "results.md").write_text(text)
    print(text)
    return 0 if all(one["right"] for one in bench.drains + bench.latency + state) else 1


if __name__ == "__main__":
    sys.exit(main())
