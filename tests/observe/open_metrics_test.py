#!/usr/bin/env python3
"""open_metrics_test.py PROGRAM: what it prints is OpenMetrics, by the reference parser, and says what is so."""

import subprocess
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families

text = subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True, timeout=50).stdout
assert text.endswith("# EOF\n"), text[-100:]
families = {family.name: family for family in text_string_to_metric_families(text)}
assert all(name.startswith("weir_") for name in families), families.keys()
assert all(family.documentation.endswith(".") for family in families.values())


def value(metric, **labels):
    """The one sample of that name that has these labels."""
    family = families[metric]
    found = [s.value for s in family.samples if labels.items() <= s.labels.items()]
    assert len(found) == 1, (metric, labels, family.samples)
    return found[0]


assert value("weir_workers") == 2
assert value("weir_jobs_ended", outcome="failed") == 0
assert value("weir_reports", kind="dropped") == 0
feed = {"name": 'feed "a\\b"'}
assert value("weir_channel_capacity_items", **feed) == 8
assert value("weir_channel_accepted_items", **feed) == 5
assert (value("weir_channel_accepted_items", **feed)
        == value("weir_channel_received_items", **feed) + value("weir_channel_depth_items", **feed))
assert value("weir_limiter_in_use", name="pool") == 1
assert value("weir_limiter_wait_seconds", name="pool", quantile="0.99") >= 0
assert value("weir_resource_pool_limit", name="handles") == 2
assert value("weir_resource_pool_in_use", name="handles") == 1
assert value("weir_stage_at_once", name="work", part="for_each") == 1
assert value("weir_stage_in_items", name="work") == 1
