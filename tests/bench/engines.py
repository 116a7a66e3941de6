"""The engines that the benchmarks compare, the broker they stand beside, and what they have to do. Standard library only."""

import dataclasses
import json
import os
import pathlib
import shutil
import signal
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


@dataclasses.dataclass
class Workload:
    """What is to be done: README.md. `records` are options of the generator and the reader, `stage` is what comes out."""

    stage: str
    steps: list
    records: tuple = ()
    shape: str = "json"
    out_shape: str = "json"
    source: dict = dataclasses.field(default_factory=dict)
    sink: dict = dataclasses.field(default_factory=dict)
    by_hand: str = None  # bench_b0 --work
    timed: bool = True   # by latency too, not only drained


TOTALS = {"n": "count()", "sum": "sum(amount)"}
WORKLOADS = {
    # W0
    "bytes": Workload("raw", [], shape="bytes", out_shape="bytes"),
    # W1
    "json": Workload("projected", [{"filter": "status == 'AUTHORIZED' && amount > 20.0"},
                                   {"select": {"seq": "seq", "ts": "ts", "user": "user", "amount": "amount"}}], by_hand="project"),
    "filter95": Workload("filtered", [{"filter": "status == 'DECLINED' && amount > 100.0"}], by_hand="filter", timed=False),
    # W2
    "totals": Workload("totals", [{"id": "totals", "aggregate": {"by": ["user"], "compute": TOTALS}}], records=("--users", 1_000_000)),
    # W4: stamps 5 us apart, so that a window holds two records of a user
    "windows": Workload("windows", [{"id": "windows", "aggregate": {"by": ["user"], "window": {"tumbling": "1s"}, "emit": "on_close", "compute": TOTALS}}],
                        records=("--users", 100_000, "--stamp-gap-ns", 5000), source={"event_time": {"field": "ts", "format": "ns"}}, timed=False),
    # W5
    "rekey": Workload("rekeyed", [{"select": {"seq": "seq", "ts": "ts", "user": "user", "amount": "amount", "bucket": "int(amount)"}},
                                  {"repartition": {"by": ["bucket"]}}], sink={"key": {"expr": "string(bucket)"}}),
    # A and B of the duel
    "encode": Workload("encoded", [{"set": {"value": "base64.encode(value)"}}], shape="bytes", out_shape="string"),
    "groups": Workload("grouped", [{"id": "groups", "aggregate": {"by": {"at": "meta.timestamp", "value": "value"}, "compute": {"n": "count()"}}}],
                       shape="string"),
}
KEYED = ("totals", "windows", "groups")
TRIGGERS = {"real_time": {"mode": "real_time"}, "micro_batch": {"mode": "micro_batch", "interval": "100ms"}}


def say(*words):
    print(time.strftime("%H:%M:%S"), *words, file=sys.stderr, flush=True)


def cpu_seconds(pid):
    """User and system time of a process with all its threads, living and ended."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid, name="VmRSS"):
    """Resident now; VmHWM: the most so far."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024 / 1e6
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
        return WORKLOADS[workload].timed

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
        return WORKLOADS[workload].by_hand is not None if self.works else workload in ("bytes", "json", "encode")

    def out_topic(self, incoming, outgoing):
        return outgoing

    def start(self, incoming, outgoing, workload, tag):
        work = WORKLOADS[workload].by_hand if self.works else "copy"
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

    def __init__(self, name, binary, bootstrap, trigger, settings=(), environment=None, limit=None):
        self.name, self.binary, self.bootstrap, self.trigger = name, binary, bootstrap, trigger
        self.settings, self.environment = list(settings), environment or {}
        self.limit = limit  # limits.memory of pipelines with state
        self.process = None

    def out_topic(self, incoming, outgoing):
        return outgoing

    def serve(self, folder=None):
        """In a folder of its own, or in that of an earlier process."""
        self.folder = folder or tempfile.mkdtemp(prefix="leat-bench.")
        command = [self.binary, "serve", "--listen", "127.0.0.1:0", "--state-dir", self.folder, "--brokers", self.bootstrap,
                   "--set", "auth.mode=none", "--log-level", "warn"]
        for setting in self.settings:
            command += ["--set", setting]
        self.log = open(pathlib.Path(self.folder) / "log", "a")
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
        work = WORKLOADS[workload]
        made = {"name": name, "trigger": self.trigger,
                "sources": {"in": {"kafka": {"topics": [incoming]}, "format": work.shape, **work.source}},
                "steps": work.steps, "sinks": {"out": {"kafka": {"topic": outgoing, **work.sink}, "format": work.out_shape}}}
        if self.limit and workload in KEYED:
            made["limits"] = {"memory": self.limit}
        return made

    def start(self, incoming, outgoing, workload, tag):
        self.serve()
        self.pipeline = f"{self.name}-{tag}"  # a group of its own, so that nothing is committed before it starts
        self.group = f"leat.{self.pipeline}"
        self.call("POST", "/v1/pipelines", self.definition(self.pipeline, incoming, outgoing, workload))
        return self.process.pid

    def wait_for(self, what, seconds=60):
        answer = self.call("GET", f"/v1/pipelines/{self.pipeline}:wait?for={what}&timeout={seconds}s")
        if not answer["met"]:
            raise RuntimeError(f"the pipeline is not {what}: " + json.dumps(answer)[:3000])

    def wait_running(self):
        self.wait_for("running", 30)

    def metrics(self):
        """Name with labels → value."""
        with urllib.request.urlopen(self.address + "/metrics", timeout=60) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines if line and line[0] != "#"}

    def kill(self):
        """SIGKILL; what lies on disk stays for serve()."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()
        self.process = None
        return self.folder

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
