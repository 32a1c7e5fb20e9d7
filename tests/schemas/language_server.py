"""The real yaml-language-server, spoken to over its standard input and output, as an editor does."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PATIENCE = 60
"""Seconds after which an answer does not come any more."""


def found() -> str | None:
    """Where the server is: beside the virtual environment, where ``make test`` puts it, or on the path."""
    beside = Path(sys.executable).parent.parent / "node/node_modules/.bin/yaml-language-server"
    if shutil.which("node") is None:
        return None
    return str(beside) if beside.exists() else shutil.which("yaml-language-server")


class LanguageServer:
    """One server for one folder. ``settings`` are those of the editor, as in ``.vscode/settings.json``."""

    def __init__(self, folder: Path, settings: dict[str, Any]) -> None:
        self._folder = folder
        self._settings = settings
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._diagnostics: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0

    def __enter__(self) -> Self:
        program = found()
        assert program is not None
        self._process = subprocess.Popen(
            [program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        root = self._folder.as_uri()
        capabilities = {
            "workspace": {"configuration": True, "workspaceFolders": True},
            "textDocument": {
                "completion": {"completionItem": {"snippetSupport": True, "documentationFormat": ["plaintext"]}},
                "hover": {"contentFormat": ["plaintext"]},
            },
        }
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": root,
                "capabilities": capabilities,
                "workspaceFolders": [{"uri": root, "name": "manifests"}],
            },
        )
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": self._settings})
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()
        self._thread.join(PATIENCE)

    def open(self, file: str, text: str) -> list[dict[str, Any]]:
        """Open a file with this text; what is wrong with it."""
        uri = (self._folder / file).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        until = time.monotonic() + PATIENCE
        while True:
            told = self._diagnostics.get(timeout=max(until - time.monotonic(), 0.01))
            if told["uri"] == uri:
                return list(told["diagnostics"])

    def completions(self, file: str, line: int, column: int) -> list[str]:
        """The labels that are offered at a place; lines and columns count from 0."""
        answer = self.ask("textDocument/completion", self._place(file, line, column))
        return [one["label"] for one in (answer["items"] if isinstance(answer, dict) else answer)]

    def hover(self, file: str, line: int, column: int) -> str:
        """What is shown about a place."""
        answer = self.ask("textDocument/hover", self._place(file, line, column))
        contents = answer["contents"] if answer else ""
        return contents["value"] if isinstance(contents, dict) else str(contents)

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        """Send a request and wait for its answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": parameters})
        answer = self._answers.get(timeout=PATIENCE)
        assert answer["id"] == self._number
        assert "error" not in answer, answer
        return answer["result"]

    def _place(self, file: str, line: int, column: int) -> dict[str, Any]:
        uri = (self._folder / file).as_uri()
        return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}

    def _tell(self, method: str, parameters: dict[str, Any]) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(data), data))
        self._process.stdin.flush()

    def _listen(self) -> None:
        """Sort what the server says, and answer what it asks: it wants the settings of the editor."""
        assert self._process.stdout is not None
        while header := self._process.stdout.readline():
            size = int(header.partition(b":")[2])
            while self._process.stdout.readline().strip():
                pass  # the other headers, up to the blank line
            message = json.loads(self._process.stdout.read(size))
            method = message.get("method")
            if method == "workspace/configuration":
                wanted = [self._settings.get(one["section"]) for one in message["params"]["items"]]
                self._send({"id": message["id"], "result": wanted})
            elif method is not None and "id" in message:
                self._send({"id": message["id"], "result": None})
            elif method == "textDocument/publishDiagnostics":
                self._diagnostics.put(message["params"])
            elif method is None:
                self._answers.put(message)
