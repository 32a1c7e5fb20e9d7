"""What docs/watching.md says is so: names, words, and examples that other programs accept."""

from __future__ import annotations

import hashlib
import hmac
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from reconciler.adapters.watching import open_metrics
from reconciler.model.watch import RoundOutcome, Turn
from tests.adapters.watching.promtool import needed, promtool
from tests.adapters.watching.test_metrics import TALLY

PAGE = (Path(__file__).parents[3] / "docs" / "watching.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
RULES = next(one for one in BLOCKS if one.startswith("groups:"))


def words_of_table(head: str) -> set[str]:
    rows = PAGE.partition(f"| {head} |")[2].partition("\n\n")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", rows, re.MULTILINE))


def test_the_tables_name_what_there_is(tmp_path: Path) -> None:
    assert words_of_table("Outcome") == set(map(str, RoundOutcome))
    assert words_of_table("Type") == set(map(str, Turn))
    open_metrics("x.prom", folder=tmp_path, version="1").show(TALLY)
    text = (tmp_path / "x.prom").read_text(encoding="utf-8")
    names = {one.name + ("_total" if one.type == "counter" else "") for one in text_string_to_metric_families(text)}
    assert words_of_table("Metric") == names
    assert set(re.findall(r"reconciler_[a-z_]+", RULES)) <= names


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_examples_are_yaml(block: str) -> None:
    assert isinstance(yaml.safe_load(block), dict)


@needed
def test_the_alerts_are_rules(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    assert "4 rules found" in promtool("check", "rules", str(tmp_path / "rules.yaml"))


@needed
def test_the_alerts_come_when_they_should(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(RULES, encoding="utf-8")
    labels = "exp_labels: {severity: critical}"
    (tmp_path / "test.yaml").write_text(
        f"""
rule_files: [rules.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {{series: 'reconciler_build_info', values: '1x60'}}
      - {{series: 'reconciler_drift_interval_seconds', values: '300x60'}}
      - {{series: 'reconciler_drift_last_success_timestamp_seconds', values: '0x60'}}
      - {{series: 'reconciler_drift_findings{{tenant="farol",kind="Category",state="new"}}', values: '0x9 2x50'}}
      - {{series: 'reconciler_drift_findings{{tenant="cedro",kind="Category",state="waived"}}', values: '5x60'}}
    alert_rule_test:
      - {{eval_time: 15m, alertname: DriftUnseen, exp_alerts: []}}
      - eval_time: 16m
        alertname: DriftUnseen
        exp_alerts: [{{{labels}, exp_annotations: {{summary: Nobody has looked for drift lately.}}}}]
      - {{eval_time: 20m, alertname: Drift, exp_alerts: []}}
      - eval_time: 30m
        alertname: Drift
        exp_alerts:
          - exp_labels: {{severity: warning, tenant: farol}}
            exp_annotations: {{summary: 2 fields or rows of farol are not as they were applied.}}
      - {{eval_time: 60m, alertname: DriftWatchGone, exp_alerts: []}}
""",
        encoding="utf-8",
    )
    assert "SUCCESS" in promtool("test", "rules", str(tmp_path / "test.yaml"))


def test_the_receiver_of_the_page_knows_a_signature() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    found: dict[str, object] = {"hmac": hmac}
    exec(block, found)  # noqa: S102  # the example of the page is what is tried
    good = "sha256=" + hmac.new(b"s", b"body", hashlib.sha256).hexdigest()
    is_ours = found["is_ours"]
    assert is_ours(b"s", b"body", good)  # type: ignore[operator]  # it comes out of a page
    assert not is_ours(b"s", b"another", good)  # type: ignore[operator]  # as above
