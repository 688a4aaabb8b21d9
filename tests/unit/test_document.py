"""Overlays merge, and every value keeps the place that it came from."""

from pathlib import Path

from miyabi_infra.overlays.document import Document, read
from miyabi_infra.place import Place

BASE = """\
region: us-west-2
tags:
  Team: web
  Cost: "1"
networking:
  availability_zones: [us-west-2a, us-west-2b, us-west-2c]
"""
OVERLAY = """\
tags:
  Cost: "2"
networking:
  availability_zones:
    - us-west-2a
    - us-west-2b
"""


def merged(tmp_path: Path) -> Document:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "qa.yaml").write_text(OVERLAY, encoding="utf-8")
    base = read(tmp_path / "base.yaml", Path("base.yaml"))
    return base.under(read(tmp_path / "qa.yaml", Path("qa.yaml")))


def test_mappings_merge_and_lists_and_scalars_replace(tmp_path: Path) -> None:
    expected = {
        "region": "us-west-2",
        "tags": {"Team": "web", "Cost": "2"},
        "networking": {"availability_zones": ["us-west-2a", "us-west-2b"]},
    }
    assert expected == merged(tmp_path).data


def test_a_value_keeps_the_place_that_it_came_from(tmp_path: Path) -> None:
    document = merged(tmp_path)
    places = {
        ("region",): Place(Path("base.yaml"), 1),
        ("tags", "Team"): Place(Path("base.yaml"), 3),
        ("tags", "Cost"): Place(Path("qa.yaml"), 2),
        ("networking", "availability_zones", 1): Place(Path("qa.yaml"), 6),
    }
    assert places == {key: document.place(key) for key in places}


def test_a_list_that_replaces_a_longer_one_leaves_no_place_behind(tmp_path: Path) -> None:
    assert ("networking", "availability_zones", 2) not in merged(tmp_path).places


def test_a_value_that_is_not_written_stands_where_its_section_does(tmp_path: Path) -> None:
    assert merged(tmp_path).place(("networking", "vpc_cidr")) == Place(Path("qa.yaml"), 3)
    assert merged(tmp_path).place(("ecs", "task_cpu")) == Place(Path("qa.yaml"), 1)


def test_merging_changes_neither_document(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    (tmp_path / "qa.yaml").write_text(OVERLAY, encoding="utf-8")
    base = read(tmp_path / "base.yaml", Path("base.yaml"))
    base.under(read(tmp_path / "qa.yaml", Path("qa.yaml")))
    assert base.data["tags"] == {"Team": "web", "Cost": "1"}


def test_words_that_older_yaml_took_for_flags_and_times_are_text(tmp_path: Path) -> None:
    (tmp_path / "qa.yaml").write_text("a: yes\nb: off\nc: 05:30\nd: 0x10\n", encoding="utf-8")
    assert read(tmp_path / "qa.yaml", Path("qa.yaml")).data == {"a": "yes", "b": "off", "c": "05:30", "d": 16}
