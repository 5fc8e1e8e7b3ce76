#!/usr/bin/env python3
"""Arrays of Slurm train a grid: the scripts that `tailbit grid --slurm` prints. slurm.py TAILBIT PAGE [ranks]

The test has a cluster of its own for one node: munge and Slurm with key, sockets, ports and files in its folder. Two arrays of four
tasks run at once, one that shares by locks, and one of parts on a file system without locks. SIGUSR1, as Slurm sends it before the time
limit, puts every task into the queue again; then the files are those of one grid command. So is PAGE's script of one run on several
nodes tried, on four tasks of the one node, with each MPI: its file is that of one process."""
import ctypes
import glob
import os
import pwd
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

TAILBIT, PAGE = map(os.path.realpath, sys.argv[1:3])
TASKS, CELLS = 4, 6
GRID = "axes:\n  seed: [0, 1]\n  method: [ERM, LDAM, LDAM-DRW]\ndata: shapes:50:10\nrho: 5\nmodel: resnet8\nbatch: 16\nepochs: 10\n"
HOST = socket.gethostname().split(".")[0]
# Without cgroups and without rights of root. A task that is queued again waits until its old credential has expired.
CONF = """ClusterName=tailbit
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MailProg=/bin/true
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=8
PartitionName=all Nodes=ALL Default=YES
"""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_until(what, limit_s, is_so):
    end = time.monotonic() + limit_s
    while not is_so():
        assert time.monotonic() < end, f"{what}: not within {limit_s} s"
        time.sleep(0.1)


def ask(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    return done.stdout


class Cluster:
    """The daemons; `with` ends them, and what they have left, by their numbers."""

    def __init__(self, folder):
        self.folder, self.daemons = folder, []
        ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER: Slurm's own children become ours when their parent ends
        for name in ("state", "spool"):
            os.mkdir(f"{folder}/{name}")
        with open(f"{folder}/slurm.conf", "w", encoding="ascii") as file:
            file.write(CONF.format(host=HOST, user=pwd.getpwuid(os.geteuid()).pw_name, folder=folder, ports=free_ports(2)))
        with open(f"{folder}/cgroup.conf", "w", encoding="ascii") as file:
            file.write("CgroupPlugin=disabled\n")
        with open(os.open(f"{folder}/key", os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(os.urandom(128))
        os.environ["SLURM_CONF"] = f"{folder}/slurm.conf"

    def start(self, *words):
        with open(f"{self.folder}/{words[0]}.log", "wb") as log:
            self.daemons.append(subprocess.Popen(words, stdout=log, stderr=log))  # pylint: disable=consider-using-with

    def __enter__(self):
        own = [f"--{name}={self.folder}/munge.{name.split('-')[0]}" for name in ("socket", "pid-file", "log-file", "seed-file")]
        self.start("munged", "--foreground", f"--key-file={self.folder}/key", *own)
        try:
            wait_until("munge", 20, lambda: os.path.exists(f"{self.folder}/munge.socket"))
            self.start("slurmctld", "-D", "-c")
            self.start("slurmd", "-D", "-N", HOST)
            sinfo = ["sinfo", "--noheader", "--format=%T"]
            wait_until("Slurm", 30, lambda: subprocess.run(sinfo, capture_output=True, check=False).stdout == b"idle\n")
        except BaseException:
            self.__exit__(True)
            raise
        return self

    def __exit__(self, failed, *_):
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as children:
            for pid in map(int, children.read().split()):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        for log in glob.glob(f"{self.folder}/*.log") if failed else []:
            with open(log, encoding="utf-8", errors="replace") as file:
                print(f"== {log}", *file.readlines()[-30:], sep="\n")


def submit(folder, *words, **environment):
    """Prints the script, which must be one that a shell reads, and submits it. The number of the job."""
    script = ask(TAILBIT, "grid", "g.yaml", "--out", folder, "--threads", "1", "--save-every", "10steps", "--slurm", *words)
    assert "#SBATCH --array=1-4\n" in script and "#SBATCH --signal=B:USR1@300\n" in script, script
    with open(f"{folder}.sh", "w", encoding="utf-8") as file:
        file.write(script)
    ask("bash", "-n", f"{folder}.sh")
    assert not os.path.exists(folder), "--slurm has written into the folder"
    return subprocess.run(["sbatch", "--parsable", f"{folder}.sh"], env=os.environ | environment, check=True, capture_output=True,
                          text=True).stdout.strip()  # fmt: skip


def stop_all(job, folder):
    """Sends SIGUSR1 when every task trains, and as many runs have a check-point."""
    def task_trains(task):
        path = f"slurm-{job}_{task}.out"
        return os.path.exists(path) and b"] start " in open(path, "rb").read()

    wait_until(f"trainings of {folder}", 60, lambda: all(map(task_trains, range(1, TASKS + 1))) and len(glob.glob(f"{folder}/*.h5")) >= TASKS)
    ask("scancel", "--signal=USR1", "--batch", job)


def check_job(job, folder):
    """Every task was queued again once, and ended with code 0; the one log of a task has both its starts."""
    tasks = ask("scontrol", "show", "job", "--oneliner", job).splitlines()
    seen = sorted((int(re.search(r"ArrayTaskId=(\d+)", task)[1]), re.search(r"Restarts=(\d+).* ExitCode=(\S+)", task).groups()) for task in tasks)
    assert seen == [(task, ("1", "0:0")) for task in range(1, TASKS + 1)], tasks
    for task in range(1, TASKS + 1):
        with open(f"slurm-{job}_{task}.out", encoding="utf-8") as file:
            text = file.read()
        assert "stopped by SIGUSR1" in text and f"{folder}: " in text.splitlines()[-2], text
    assert len(glob.glob(f"{folder}/*.h5")) == CELLS and not glob.glob(f"{folder}/*.lock"), os.listdir(folder)
    same = ask(TAILBIT, "compare", "serial", folder)
    assert same.count("same") >= CELLS, same


def check_parts(folder):
    """The parts have each cell once, dealt in the grid's order, and `status` and --dry-run say which part."""
    dealt = [re.search(r"part (\d)/4", ask("head", "-n", "1", path))[1] for path in sorted(glob.glob(f"{folder}/*.yaml"))]
    assert sorted(dealt) == sorted("123412"), dealt
    assert sorted(re.findall(r"  part (\d)/4\n", ask(TAILBIT, "status", folder))) == sorted(dealt)
    for part, cells in (("1/4", 2), ("4/4", 1)):
        assert f"part {part}: {cells} of 6 jobs\n" in ask(TAILBIT, "grid", "g.yaml", "--out", folder, "--part", part, "--dry-run")


def check_arrays():
    with open("g.yaml", "w", encoding="utf-8") as file:
        file.write(GRID)
    parts = submit("parts", "--part", "1/4", TAILBIT_TEST_LOCK_ERROR="37")  # ENOLCK
    stop_all(parts, "parts")
    shared = submit("shared")
    stop_all(shared, "shared")
    ask(TAILBIT, "grid", "g.yaml", "--out", "serial", "--threads", "1")
    wait_until("the end of the arrays", 120, lambda: ask("squeue", "--noheader") == "")
    for job, folder in ((parts, "parts"), (shared, "shared")):
        check_job(job, folder)
    check_parts("parts")


def replace(text, pattern, by):
    text, count = re.subn(pattern, by, text)
    assert count == 1, (pattern, text)
    return text


def check_wide():
    """The page's script, queued again by SIGUSR1 in the middle of the run."""
    with open(PAGE, encoding="utf-8") as file:
        shown = re.search(r"```\n(#SBATCH --nodes=4.*?)```", file.read(), re.DOTALL)[1]
    options = "--data shapes:50:10 --rho 5 --model resnet8 --method LDAM --batch 16 --epochs 20 --save-every 10steps --threads 1"
    ask(TAILBIT, "train", *options.split(), "--out", "alone.h5")
    shown = replace(shown, "--nodes=4 --ntasks-per-node=1 --cpus-per-task=32", "--nodes=1 --ntasks=4 --cpus-per-task=2")
    for mpi in ("pmi2", "pmix"):
        script = replace(replace(shown, "--mpi=pmi2", f"--mpi={mpi}"), " tailbit train .*", f" {TAILBIT} train {options} --out {mpi}.h5")
        done = subprocess.run(["sbatch", "--parsable"], input="#!/bin/bash\n" + script, check=True, capture_output=True, text=True)
        job = done.stdout.strip()
        log = f"slurm-{job}.out"
        wait_until(f"epochs with {mpi}", 60, lambda log=log: os.path.exists(log) and b"epoch 2/" in open(log, "rb").read())
        ask("scancel", "--signal=USR1", job)
        wait_until(f"the end of the run with {mpi}", 60, lambda: ask("squeue", "--noheader") == "")
        with open(log, encoding="utf-8") as file:
            text = file.read()
        assert text.count("4 ranks: ") == 2 and "stopped by SIGUSR1" in text and "resumed in epoch" in text, text
        assert "same" in ask(TAILBIT, "compare", "alone.h5", f"{mpi}.h5")


def check_page():
    """The page shows the script, with paths of its own."""
    with open(PAGE, encoding="utf-8") as file:
        shown = re.search(r"```\n(#!/bin/bash\n.*?)```", file.read(), re.DOTALL)[1]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        script = ask(TAILBIT, "grid", "table2", "--slurm", "--threads", "16").replace(f"cd {os.getcwd()}", "cd /scratch/me")
    assert script.replace(shlex.quote(TAILBIT), "/opt/tailbit/bin/tailbit") == shown, script


def main():
    check_page()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    lacking = [name for name in ("munged", "slurmctld", "slurmd", "sbatch") if shutil.which(name) is None]
    if lacking:
        print(f"skipped: {', '.join(lacking)} not installed (packages.txt, test)")
        sys.exit(77)
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        os.chmod(folder, 0o755)  # munge wants a folder that others may enter
        os.chdir(folder)
        begin = time.monotonic()
        with Cluster(folder):
            print(f"a cluster after {time.monotonic() - begin:.1f} s")
            check_arrays()
            print(f"two arrays after {time.monotonic() - begin:.1f} s")
            if len(sys.argv) > 3:
                check_wide()
                print(f"one wide run with each MPI after {time.monotonic() - begin:.1f} s")


main()
