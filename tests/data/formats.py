"""A small data directory of every released format, that later programs must open.
Usage: formats.py --bin-dir BIN          opens each and compares what it holds with what is written
       formats.py --bin-dir BIN --write  writes the present program's (format-N.tar.xz, format-N.json)

Write a format once, when it is released, and never again: it stands for directories in use."""

import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
import harness  # noqa: E402

FORMAT = 1
START, END = "2026-01-01", "2026-03-01"
CUSTOMERS = 24


class Server(harness.Server):
    """One on a directory that is there already, or in two partitions where it is not."""

    def __init__(self, args, folder):
        super().__init__(args, START)
        shutil.rmtree(self.dir)
        self.dir = folder
        if not (folder / "data").exists():
            self.flags = ["--partitions=2"]

    def __exit__(self, kind, value, trace):
        self.keep = True  # the folder is the caller's
        self.process.terminate()
        self.process.wait(timeout=120)
        self.log.close()
        (self.dir / "ports").unlink(missing_ok=True)


def seen(server):
    """What must be the same for ever."""
    answers = [server.json("stats"), server.json("progress", "spring"),
               server.json("count", "count(purchase) >= 2", "--business-unit", "shop")]
    # Documents: the customer, its view in each business unit, its timeline.
    return answers + [server.lines("customer", f"user_id:u{n}") for n in (1, 2, 3)]


def covers(now, then):
    """Equal, but for fields that are new, or were empty and are gone."""
    if isinstance(then, dict):
        gone = lambda key: key not in now and then[key] in ("", "0", 0, False, [], {})
        return isinstance(now, dict) and all(gone(key) or covers(now.get(key), then[key]) for key in then)
    if isinstance(then, list):
        return isinstance(now, list) and len(now) == len(then) and all(map(covers, now, then))
    return now == then


def fill(args, folder):
    with Server(args, folder) as server:
        server.cli("apply", "-f", HERE / "setup.yaml")
        for n in range(1, CUSTOMERS + 1):
            server.cli("upsert", f"user_id:u{n}", "--trait", f"city=c{n % 3}", "--consent", "email",
                       "--evidence", f"form-{n}", "--message-id", f"upsert-{n}", "--business-unit", "shop")
            if n % 4:
                server.cli("track", f"user_id:u{n}", "purchase", "--net", f"{n}.50", "--currency", "USD",
                           "--business-unit", "shop", "--message-id", f"first-{n}", "--time", START)
        server.cli("clock", "advance", "--by", "1d")
        server.cli("apply", "-f", HERE / "campaign.yaml")
        server.cli("submit", "spring")
        server.cli("approve", "spring", "--yes", principal="approver")
        server.cli("start", "spring")
        server.cli("clock", "advance", "--by", "1d")
    with Server(args, folder) as server:  # again: what the first left is now in files of other kinds
        for n in range(1, CUSTOMERS + 1, 2):
            server.cli("track", f"user_id:u{n}", "purchase", "--net", f"{n}.25", "--currency", "USD",
                       "--business-unit", "shop", "--message-id", f"second-{n}")
        server.cli("clock", "advance", "--to", END)
        return seen(server)


def write(args):
    with tempfile.TemporaryDirectory() as folder:
        answers = fill(args, pathlib.Path(folder))
        (HERE / f"format-{FORMAT}.json").write_text(json.dumps(answers, indent=1, sort_keys=True) + "\n")
        keep = lambda member: None if member.name.split("/")[-1].startswith("LOG") else member
        with tarfile.open(HERE / f"format-{FORMAT}.tar.xz", "w:xz") as tar:
            tar.add(pathlib.Path(folder) / "data", "data", filter=keep)


def take_again(server):
    """What was taken once is known for ever."""
    before = int(server.json("stats")["duplicates"])
    server.cli("track", "user_id:u1", "purchase", "--net", "1.50", "--currency", "USD",
               "--business-unit", "shop", "--message-id", "first-1", "--time", START)
    server.cli("clock", "advance", "--by", "1h")
    if int(server.json("stats")["duplicates"]) != before + 1:
        sys.exit("an order of the kept directory was taken a second time")


def open_all(args):
    archives = sorted(HERE.glob("format-*.tar.xz"))
    for archive in archives:
        with tempfile.TemporaryDirectory() as folder:
            with tarfile.open(archive) as tar:
                tar.extractall(folder)
            subprocess.run([f"{args.bin_dir}/dangold", "verify", f"--data-dir={folder}/data"], check=True)
            with Server(args, pathlib.Path(folder)) as server:
                now = seen(server)
                take_again(server)
            then = json.loads(archive.with_name(archive.name.replace(".tar.xz", ".json")).read_text())
            if not covers(now, then):
                sys.exit(f"{archive.name} holds\n{json.dumps(now, indent=1, sort_keys=True)}\nand not\n"
                         f"{json.dumps(then, indent=1, sort_keys=True)}")
            subprocess.run([f"{args.bin_dir}/dangold", "verify", f"--data-dir={folder}/data"], check=True)
            print(f"ok: {archive.name}")
    if not archives:
        sys.exit(f"no format-*.tar.xz in {HERE}")


def main():
    parser = harness.arguments(__doc__)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    write(args) if args.write else open_all(args)


if __name__ == "__main__":
    main()
