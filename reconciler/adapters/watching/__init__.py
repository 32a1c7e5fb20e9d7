"""What a watch speaks to: a monitoring system that reads its numbers, and a webhook that hears what turned."""

from __future__ import annotations

from reconciler.adapters.watching.metrics import MetricsFile, MetricsServer, open_metrics
from reconciler.adapters.watching.webhook import Webhook, open_webhook

__all__ = ["MetricsFile", "MetricsServer", "Webhook", "open_metrics", "open_webhook"]
