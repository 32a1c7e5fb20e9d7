"""The composition root: the one room that knows what stands behind the doors, and opens it.

``opening`` reads the configuration and gives a :class:`House`, one run's world: its configuration, its kinds, its
clock, and the doors on demand. Nothing is opened before it is used: ``validate`` never touches a database. What only
some runs need of a house stands beside it: ``snapshots``, ``watching``, ``reads``; what needs none in ``homeless``.
"""

from reconciler.wiring.homeless import new_folder, new_repository, open_editor, open_review
from reconciler.wiring.house import House
from reconciler.wiring.opening import open_house

__all__ = ["House", "new_folder", "new_repository", "open_editor", "open_house", "open_review"]
