"""Templates: the files of a new repository, as they lie in the folder ``files`` of this package."""

from __future__ import annotations

from importlib.resources import files

from reconciler.model.blueprint import Template

_COMMON = {
    "reconciler.yaml": "project.yaml",
    "platform/operators.yaml": "operators.yaml",
    "platform/system.yaml": "system.yaml",
    "tenants/farol-services/partner.yaml": "partner.yaml",
    ".vscode/settings.json": "editor.json",
}
_PIPELINES = {"github": (".github/workflows/reconciler.yml", "github.yml"), "gitlab": (".gitlab-ci.yml", "gitlab.yml")}


def read_templates(pipeline: str) -> list[Template]:
    """The templates of a repository; ``pipeline`` is ``github``, ``gitlab`` or ``none``."""
    found = [Template(path, _text(name)) for path, name in _COMMON.items()]
    if pipeline in _PIPELINES:
        path, name = _PIPELINES[pipeline]
        found.append(Template(path, _text(name)))
    return [
        *found,
        Template("README.md", _text("readme.md"), kept=True),
        Template(".gitignore", _text("gitignore.txt"), joined=True),
        Template(".gitattributes", _text("gitattributes.txt"), joined=True),
    ]


def _text(name: str) -> str:
    return (files("reconciler.adapters.repository") / "files" / name).read_text(encoding="utf-8")
