"""docker-compose.yml of this tree, started under a project's name and on ports of its own."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "deploy/local"))
from process import free_port

SERVICES = ["profile", "segmentation", "offer", "campaign", "response"]
SKIPPED = 77
PATIENCE_S = 300


def skip_without_docker():
    if shutil.which("docker") is None:
        why = "no docker"
    elif subprocess.run(["docker", "info"], capture_output=True).returncode != 0:
        why = "no Docker server answers"
    elif subprocess.run(["docker", "compose", "version"], capture_output=True).returncode != 0:
        why = "docker has no compose plugin"
    else:
        return
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


class Deployment:
    def __init__(self, **settings):
        """settings: variables of docker-compose.yml."""
        self.project = f"dangol-test-{os.getpid()}"
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("DANGOL_", "COMPOSE_"))}
        names = [f"DANGOL_{s.upper()}_PORT" for s in SERVICES] + ["PROMETHEUS_PORT"]
        self.env |= {name: str(free_port()) for name in names}
        self.secrets = ROOT / "build" / "compose" / self.project  # of callers, once they are fetched
        self.env |= {"COMPOSE_PROJECT_NAME": self.project, **settings}

    def compose(self, *words, text=None, check=True):
        done = subprocess.run(["docker", "compose", *map(str, words)], cwd=ROOT, env=self.env, input=text,
                              text=True, capture_output=True)
        if check and done.returncode != 0:
            raise AssertionError(f"docker compose {' '.join(map(str, words))}: {done.returncode}\n"
                                 f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done

    def up(self):
        start = time.monotonic()
        self.compose("up", "--detach", "--wait", "--wait-timeout", PATIENCE_S)
        return time.monotonic() - start

    def fetch_secrets(self):
        """As `make up` hands them out: the authority's certificate and tokens."""
        self.compose("cp", "secrets:/secrets/users/.", self.secrets)

    def remove(self):
        """All of it, and what it kept."""
        self.compose("down", "--volumes", "--timeout", "20", check=False)
        shutil.rmtree(self.secrets, ignore_errors=True)

    def dangol(self, *words, user="author", text=None, check=True):
        return self.compose("run", "--rm", "-T", "-e", f"DANGOL_USER={user}", "cli", "--timeout", "3m", *words,
                            text=text, check=check)

    def kill_9(self, service, program):
        """The program inside, so that Docker sees a crash and not an operator's wish."""
        script = (f'for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = "{program}" ] && '
                  'kill -9 "${p#/proc/}"; done; true')
        before = self.restarts(service)
        self.compose("exec", "-T", service, "sh", "-c", script, check=False)
        self.wait(f"{service} is started again", lambda: self.restarts(service) > before)

    def inspect(self, service):
        id_ = self.compose("ps", "--all", "--quiet", service).stdout.split()[0]
        done = subprocess.run(["docker", "inspect", id_], capture_output=True, text=True, check=True)
        return json.loads(done.stdout)[0]

    def restarts(self, service):
        return self.inspect(service)["RestartCount"]

    def healthy(self, service):
        return self.inspect(service)["State"].get("Health", {}).get("Status") == "healthy"

    def wait(self, what, condition):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f"not in {PATIENCE_S} s: {what}")
            time.sleep(0.5)
