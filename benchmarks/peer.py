"""A peer on as much work: octoDNS, which brings the records of a provider to what files of YAML say.

``peer.py FOLDER --records N`` writes N records over zones of a hundred, with a provider that already holds them.
``octodns-sync`` then finds nothing to do, as our no-op plan does. Its records are smaller than our manifests, a zone is
one file, and its live side is files of YAML as well: whoever compares should know that all three are in its favour or
close to it.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

ZONE = 100
"""Records of a zone."""
SYNC = ["octodns-sync", "--config-file", "octodns.yaml"]
"""What finds out what is to be done."""
NOTHING = "No changes were planned"
"""What it says about a provider that holds everything."""

_CONFIG = """\
manager:
  max_workers: 1
providers:
  wanted:
    class: octodns.provider.yaml.YamlProvider
    directory: ./wanted
    default_ttl: 3600
  live:
    class: octodns.provider.yaml.YamlProvider
    directory: ./live
    default_ttl: 3600
zones:
"""


def main() -> None:
    """Write the files of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    print(f"{write(given.folder, given.records, given.seed)} zones")


def write(folder: Path, records: int, seed: int = 1) -> int:
    """Write ``records`` records on both sides, and the configuration; returns the number of zones."""
    chance = random.Random(seed)
    config = [_CONFIG]
    for side in ("wanted", "live"):
        (folder / side).mkdir(parents=True, exist_ok=True)
    zones = -(-records // ZONE)
    for number in range(zones):
        zone = f"zone-{number:05}.example.com."
        text = _zone(chance, min(ZONE, records - number * ZONE))
        for side in ("wanted", "live"):
            (folder / side / f"{zone}yaml").write_text(text, encoding="utf-8")
        config.append(f"  {zone}:\n    sources: [wanted]\n    targets: [live]\n")
    (folder / "octodns.yaml").write_text("".join(config), encoding="utf-8")
    return zones


def _zone(chance: random.Random, records: int) -> str:
    lines = ["---\n"]
    for place in range(records):
        address = f"198.51.100.{chance.randint(1, 254)}"
        lines.append(f"host-{place:03}:\n  ttl: {chance.choice((300, 600, 7200))}\n  type: A\n  value: {address}\n")
    return "".join(lines)


if __name__ == "__main__":
    main()
