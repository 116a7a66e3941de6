#!/usr/bin/env python3
"""Measures leat beside a bare librdkafka loop on one real broker, everything interleaved, and checks every record.

Prints tables and writes <out>/results.json (and .md). README.md says what is measured and how. Standard library only.
"""

import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
KAFKA = HERE.parent / "broker" / "kafka.sh"
PARTITIONS = 4
TICKS = os.sysconf("SC_CLK_TCK")
PERCENTILES = ("p50", "p90", "p99", "p999", "max")

W1_STEPS = [{"filter": "status == 'AUTHORIZED' && amount > 20.0"},
            {"select": {"seq": "seq", "ts": "ts", "user": "user", "amount": "amount"}}]
W2_STEPS = [{"filter": "status == 'DECLINED' && amount > 100.0"}]
WORKLOADS = ("json", "bytes", "filter95")  # W1, W0, W2
# What a reader finds behind an engine that does the workload's work, and the same by hand (bench_b0 --work).
STAGES = {"json": "projected", "bytes": "raw", "filter95": "filtered"}
BY_HAND = {"json": "project", "filter95": "filter"}
TIMED = ("json", "bytes")  # the others are only drained
TRIGGERS = {"real_time": {"mode": "real_time"}, "micro_batch": {"mode": "micro_batch", "interval": "100ms"}}


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def cpu_seconds(pid):
    """User and system time of a process with all its threads, living and ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


class Broker:
    """One Apache Kafka for the whole run; gone with this process, however it ends."""

    def __init__(self, heap):
        environment = dict(os.environ, LEAT_BROKER_JAVA_OPTS="", LEAT_BROKER_HEAP=heap)
        self.folder = tempfile.mkdtemp(prefix="leat-broker.")
        self.process = subprocess.Popen([KAFKA, "run", "--temporary", "--dir", self.folder, "--set", "log.segment.bytes=268435456"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        line = self.process.stdout.readline()
        words = dict(word.split("=", 1) for word in line.split())
        if "bootstrap" not in words:
            sys.exit("the broker did not start (its log is above)")
        self.bootstrap, self.pid = words["bootstrap"], int(words["pid"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Tools:
    """The C++ programs of this folder."""

    def __init__(self, build, bootstrap):
        self.folder, self.bootstrap = pathlib.Path(build) / "tests" / "bench", bootstrap

    def command(self, program, *arguments):
        return [str(self.folder / f"bench_{program}"), *map(str, arguments), "--brokers", self.bootstrap]

    def run(self, program, *arguments, allowed=(0,)):
        done = subprocess.run(self.command(program, *arguments), stdout=subprocess.PIPE, text=True)
        if done.returncode not in allowed:
            raise RuntimeError(f"bench_{program} {' '.join(map(str, arguments))}: exit {done.returncode}: {done.stdout[:500]}")
        return done.stdout

    def start(self, program, *arguments):
        process = subprocess.Popen(self.command(program, *arguments), stdout=subprocess.PIPE, text=True)
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"bench_{program} did not start")
        return process

    def create(self, topic, stamps="create"):
        self.run("topics", "create", topic, "--partitions", PARTITIONS, "--stamps", stamps)

    def delete(self, *topics):
        self.run("topics", "delete", *topics)


class Direct:
    """Nothing between: the reader reads what the generator writes."""

    works = False

    def __init__(self, name):
        self.name = name

    def does(self, workload):
        return workload != "filter95"

    def out_topic(self, incoming, outgoing):
        return incoming

    def start(self, incoming, outgoing, workload, tag):
        return None

    def stop(self):
        pass


class Bare:
    """bench_b0: librdkafka and nothing else, or the workload by hand."""

    def __init__(self, name, tools, works):
        self.name, self.tools, self.works, self.process = name, tools, works, None

    def does(self, workload):
        return workload in BY_HAND if self.works else workload != "filter95"

    def out_topic(self, incoming, outgoing):
        return outgoing

    def start(self, incoming, outgoing, workload, tag):
        work = BY_HAND[workload] if self.works else "copy"
        self.process = self.tools.start("b0", "--group", f"{self.name}-{tag}", "--in", incoming, "--out", outgoing, "--work", work)
        self.group = f"{self.name}-{tag}"
        return self.process.pid

    def wait_running(self):
        pass

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()
            self.process = None


class Leat:
    """`leat serve`; one daemon a run, its pipeline posted by HTTP and its trigger put by HTTP."""

    works = True

    def does(self, workload):
        return True

    def __init__(self, name, binary, bootstrap, trigger, settings=(), environment=None):
        self.name, self.binary, self.bootstrap, self.trigger = name, binary, bootstrap, trigger
        self.settings, self.environment = list(settings), environment or {}
        self.process = None

    def out_topic(self, incoming, outgoing):
        return outgoing

    def serve(self):
        self.folder = tempfile.mkdtemp(prefix="leat-bench.")
        command = [self.binary, "serve", "--listen", "127.0.0.1:0", "--state-dir", self.folder, "--brokers", self.bootstrap,
                   "--set", "auth.mode=none", "--log-level", "warn"]
        for setting in self.settings:
            command += ["--set", setting]
        self.log = open(pathlib.Path(self.folder) / "log", "w")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True, env=dict(os.environ, **self.environment))
        line = self.process.stdout.readline()
        address = next((word for word in line.split() if word.startswith("http://")), None)
        if address is None:
            raise RuntimeError("leat did not start: " + (pathlib.Path(self.folder) / "log").read_text()[-2000:])
        self.address = address

    def call(self, method, path, body=None):
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.address + path, data=data, method=method, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()[:2000]}") from None

    def definition(self, name, incoming, outgoing, workload):
        shape = "bytes" if workload == "bytes" else "json"
        return {"name": name, "trigger": self.trigger,
                "sources": {"in": {"kafka": {"topics": [incoming]}, "format": shape}},
                "steps": {"json": W1_STEPS, "filter95": W2_STEPS, "bytes": []}[workload],
                "sinks": {"out": {"kafka": {"topic": outgoing}, "format": shape}}}

    def start(self, incoming, outgoing, workload, tag):
        self.serve()
        self.pipeline = f"{self.name}-{tag}"  # a group of its own, so that nothing is committed before it starts
        self.group = f"leat.{self.pipeline}"
        self.call("POST", "/v1/pipelines", self.definition(self.pipeline, incoming, outgoing, workload))
        return self.process.pid

    def wait_running(self):
        answer = self.call("GET", f"/v1/pipelines/{self.pipeline}:wait?for=running&timeout=30s")
        if not answer["met"]:
            raise RuntimeError("the pipeline does not run: " + json.dumps(answer)[:3000])

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(40)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.log.close()
        if code != 0:
            say(f"leat ended with {code}:", (pathlib.Path(self.folder) / "log").read_text()[-2000:])
        shutil.rmtree(self.folder, ignore_errors=True)
        self.process = None


class Bench:
    def __init__(self, options, tools, engines):
        self.options, self.tools, self.engines = options, tools, engines
        self.counter = 0
        self.latency, self.drains, self.idle = [], [], []

    def topics(self):
        self.counter += 1
        return f"in-{self.counter}", f"out-{self.counter}"

    def stage(self, engine, workload):
        return STAGES[workload] if engine.works else "raw"

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
            run = ["--workload", workload, "--records", records, "--rate", rate, "--start-ns", start_ns]
            reader = self.tools.start("reader", "--topic", engine.out_topic(incoming, outgoing), "--stage", self.stage(engine, workload),
                                      "--warm-up", warm_up, *run)
            cpu = cpu_seconds(pid) if pid else 0
            generator = json.loads(self.tools.run("generator", "--topic", incoming, *run, allowed=(0, 3)))
            answer = reader.communicate()[0]
            cpu = cpu_seconds(pid) - cpu if pid else 0
            memory = memory_mb(pid) if pid else 0
        finally:
            engine.stop()
        self.tools.delete(incoming, outgoing)
        found = json.loads(answer)
        found.update(engine=engine.name, workload=workload, rate=rate, slip_us=generator["slip_us"], late=generator["late"],
                     priority=generator["priority"], cpu_us_per_record=cpu / records * 1e6, memory_mb=memory)
        found["slip_us"].pop("histogram")
        self.latency.append(found)
        self.check(found, reader.returncode)
        times = found["latency_us"] or {name: float("nan") for name in PERCENTILES}
        say(f"latency {workload} {rate}/s {engine.name}: p50 {times['p50'] / 1e3:.2f} p99 {times['p99'] / 1e3:.2f} "
            f"p99.9 {times['p999'] / 1e3:.2f} ms, {found['cpu_us_per_record']:.0f} us CPU a record"
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
        run = ["--workload", workload, "--records", self.options.records, "--rate", 0, "--start-ns", start_ns]
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
            memory = memory_mb(pid)
        finally:
            engine.stop()
        check = subprocess.run(self.tools.command("reader", "--topic", outgoing, "--stage", self.stage(engine, workload), *run),
                               stdout=subprocess.PIPE, text=True)
        self.tools.delete(outgoing)
        found = json.loads(check.stdout.splitlines()[-1])
        found.update(engine=engine.name, workload=workload, records=self.options.records, memory_mb=memory, **self.rates(marks, base, began))
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
        self.warm_the_broker()
        busy = [engine for engine in self.engines if not isinstance(engine, Direct)]
        if "idle" in options.parts:
            for engine in busy:
                self.attempt(self.measure_idle, engine)
        if "drain" in options.parts:
            for workload in options.workloads:
                incoming, run = self.preload(workload)
                for _ in range(options.repetitions):
                    for engine in busy:
                        if engine.does(workload):
                            self.attempt(self.measure_drain, engine, workload, incoming, run)
                self.tools.delete(incoming)
        if "latency" in options.parts:
            for _ in range(options.repetitions):
                for workload in options.workloads:
                    for rate in options.rates if workload in TIMED else []:
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


def report(bench):
    parts = []
    if bench.drains:
        groups = grouped(bench.drains, "workload", "engine")
        rows = []
        for (workload, engine), found in groups.items():
            values = [one["per_cpu_second"] for one in found]
            against = lambda name: [one["per_cpu_second"] for one in groups.get((workload, name), [])]
            rows.append([workload, engine, middle(values, 0, 1e-3), middle([one["warm_per_cpu_second"] for one in found], 0, 1e-3),
                         middle([one["per_second"] for one in found], 0, 1e-3), ratio(values, against("b0")), ratio(values, against("hand")),
                         middle([one["memory_mb"] for one in found], 0), right(found)])
        parts.append(table(["drain", "engine", "k records per CPU-second", "warm half", "k/s", "÷ B0", "÷ hand", "MB", "every record"], rows))
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
                         middle([one["slip_us"]["p99"] for one in found], 0), right(found)])
        parts.append(table(["latency", "rate", "engine", "p50 ms", "p99 ms", "p99.9 ms", "p99 ÷ B0", "p99 by Kafka's stamps, ms", "CPU µs a record",
                            "generator slip p99 µs", "every record"], rows))
    if bench.idle:
        parts.append(table(["idle", "% of a core", "MB"], [[one["engine"], f"{one['core_percent']:.2f}", f"{one['memory_mb']:.0f}"] for one in bench.idle]))
    return "\n\n".join(parts) + "\n"


def right(found):
    bad = sum(1 for one in found if not one["right"])
    late = sum(1 for one in found if one.get("late"))
    return ("yes" if bad == 0 else f"NO: {bad} of {len(found)} runs") + (f"; generator late in {late} of {len(found)}" if late else "")


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="build folder (preset bench)")
    parser.add_argument("--out", help="folder of the results (default: <build>/bench)")
    parser.add_argument("--quick", action="store_true", help="one repetition, short: does it work at all?")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=12, help="measured part of a latency run")
    parser.add_argument("--warm-up", type=int, default=3, help="seconds of a latency run that are dropped")
    parser.add_argument("--records", type=int, default=3_000_000, help="of a drain")
    parser.add_argument("--rates", type=lambda text: [int(rate) for rate in text.split(",")], default=[1000, 3000, 10000])
    parser.add_argument("--workloads", type=lambda text: text.split(","), default=list(WORKLOADS), help="json = W1, bytes = W0, filter95 = W2")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=["idle", "drain", "latency"])
    parser.add_argument("--engines", type=lambda text: text.split(","), default=["direct", "b0", "hand", "leat-rt", "leat-mb"])
    parser.add_argument("--variant", action="append", default=[], metavar="NAME:KEY=VALUE[;KEY=VALUE…]",
                        help="one more leat in real-time with these settings; a KEY in capitals is an environment variable")
    parser.add_argument("--idle-seconds", type=int, default=20)
    parser.add_argument("--heap", default="1g", help="of the broker")
    parser.add_argument("--leat", help="the binary (default: <build>/leat)")
    options = parser.parse_args()
    if options.quick:
        options.repetitions, options.seconds, options.warm_up, options.records, options.idle_seconds = 1, 4, 1, 300_000, 5
    return options


def make_engines(options, tools, bootstrap):
    binary = options.leat or str(pathlib.Path(options.build) / "leat")
    made = {"direct": lambda: Direct("direct"), "b0": lambda: Bare("b0", tools, False), "hand": lambda: Bare("hand", tools, True),
            "leat-rt": lambda: Leat("leat-rt", binary, bootstrap, TRIGGERS["real_time"]),
            "leat-mb": lambda: Leat("leat-mb", binary, bootstrap, TRIGGERS["micro_batch"])}
    engines = [made[name]() for name in options.engines]
    for variant in options.variant:
        name, _, rest = variant.partition(":")
        pairs = [pair for pair in rest.split(";") if pair]
        settings = [pair for pair in pairs if not pair.split("=")[0].isupper()]
        environment = dict(pair.split("=", 1) for pair in pairs if pair.split("=")[0].isupper())
        engines.append(Leat(name, binary, bootstrap, TRIGGERS["real_time"], settings, environment))
    if not pathlib.Path(binary).exists():
        say(f"{binary} is not there: measuring without leat")
        engines = [engine for engine in engines if not isinstance(engine, Leat)]
    return engines


def main():
    options = read_options()
    out = pathlib.Path(options.out or pathlib.Path(options.build) / "bench")
    out.mkdir(parents=True, exist_ok=True)
    broker = Broker(options.heap)
    try:
        tools = Tools(options.build, broker.bootstrap)
        bench = Bench(options, tools, make_engines(options, tools, broker.bootstrap))
        bench.run()
    finally:
        broker.close()
    text = report(bench)
    machine = {"cores": os.cpu_count(), "load_at_end": os.getloadavg()}
    result = {"date": time.strftime("%Y-%m-%d"), "machine": machine, "options": {name: value for name, value in vars(options).items()},
              "drains": bench.drains, "latency": bench.latency, "idle": bench.idle}
    (out / "results.json").write_text(json.dumps(result, indent=1))
    (out / "results.md").write_text(text)
    print(text)
    return 0 if all(one["right"] for one in bench.drains + bench.latency) else 1


if __name__ == "__main__":
    sys.exit(main())
