"""Repository: the templates of a new repository of manifests, and a folder into which files go all or not at all.

Nothing that is there is ever written over. A list of ignored files and one of attributes may be there already: what
they lack is put behind what they hold.
"""

from __future__ import annotations

from reconciler.adapters.repository.folder import NewFiles
from reconciler.adapters.repository.templates import read_templates

__all__ = ["NewFiles", "read_templates"]
