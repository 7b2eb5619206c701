"""A browser for tests: chromium without a window, talked to over a pipe (DevTools protocol)."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars"
    " --disable-background-networking --disable-component-update --disable-sync"
    " --disable-extensions --remote-debugging-pipe"
)


def chromium() -> str | None:
    """Program to start, or None where there is none."""
    return next((p for n in ("chromium", "chromium-browser") if (p := shutil.which(n))), None)


class Browser:
    """One page of a browser: what it said on its console and what it asked for."""

    def __init__(self, program: str, profile: Path) -> None:
        # High numbers first: the shell then lays the pipes on 3 and 4, where chromium looks.
        (r1, w1), (r2, w2) = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in (r1, w2)]
        os.close(r1)
        os.close(w2)
        self.to, self.frm = os.fdopen(w1, "wb", 0), os.fdopen(r2, "rb")
        command = f'exec "$0" {FLAGS} --user-data-dir="$1" 3<&{theirs[0]} 4>&{theirs[1]}'
        self.process = subprocess.Popen(
            ["bash", "-c", command, program, str(profile)],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for fd in theirs:
            os.close(fd)
        self.number, self.session = 0, ""
        self.errors: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send one command and wait for its answer."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.to.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return dict(answer.get("result", {}))

    def open(self, path: Path, width: int = 1400, height: int = 900) -> None:
        """Load a page and wait until its script is done."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip
        self.call("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + 30
        while self.run("document.documentElement?.dataset.ready") != "yes":
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path}: not ready; console: {self.errors}")
            time.sleep(0.05)

    def run(self, script: str) -> Any:
        """Value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Save what the page looks like as a PNG."""
        found = self.call("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def key(self, key: str) -> None:
        """Press a key."""
        for kind in ("keyDown", "keyUp"):
            text = {"text": key} if len(key) == 1 and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, **text)

    def close(self) -> None:
        """End the browser."""
        self.process.terminate()
        self.process.wait(20)
        self.to.close()
        self.frm.close()

    def _next(self) -> dict[str, Any]:
        data = bytearray()
        while (byte := self.frm.read(1)) != b"\0":
            if not byte:
                raise RuntimeError("the browser ended")
            data += byte
        event = dict(json.loads(data))
        self._note(event.get("method", ""), event.get("params", {}))
        return event

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning"):
            self.errors.append(str(params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser with a profile of its own, ended with the body."""
    program = chromium()
    if program is None:
        raise RuntimeError("no chromium on the path")
    profile = tempfile.mkdtemp(prefix="chromium-")
    page = Browser(program, Path(profile))
    try:
        yield page
    finally:
        page.close()
        shutil.rmtree(profile, ignore_errors=True)
