"""The tree of segments of a file that sqlfluff lints, numbered so that segments are looked up."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlfluff.core.parser.segments.base import BaseSegment
from sqlfluff.utils.reflow.depthmap import DepthMap
from sqlfluff.utils.reflow.sequence import ReflowSequence


class Tree:
    """A tree of segments, numbered in the order of the text."""

    def __init__(self, root: BaseSegment) -> None:
        self.root = root
        # Each segment with its ancestors and its index below the last of them.
        self.places: list[tuple[BaseSegment, tuple[BaseSegment, ...], int]] = []
        # The number of the first segment after all that is below each segment.
        self.ends: list[int] = []
        # The number of each segment's parent; -1: the root has none.
        self.parents: list[int] = []
        self.of_type: dict[str, list[int]] = {}
        self.leaves: list[BaseSegment] = []
        # How many leaves come before each segment.
        self.leaves_before: list[int] = []
        # By the identity of a configuration: that configuration and the sequence made with it.
        self.sequences: dict[int, tuple[Any, ReflowSequence]] = {}
        self._number(root, (), 0, -1)

    @cached_property
    def depth_map(self) -> DepthMap:
        """How deep each leaf stands, and in which segments."""
        return DepthMap.from_parent(self.root)

    def _number(
        self, segment: BaseSegment, above: tuple[BaseSegment, ...], place: int, parent: int
    ) -> None:
        number = len(self.places)
        self.places.append((segment, above, place))
        self.ends.append(0)
        self.parents.append(parent)
        self.leaves_before.append(len(self.leaves))
        for kind in segment.class_types:
            self.of_type.setdefault(kind, []).append(number)
        if segment.segments:
            above = (*above, segment)
            for index, child in enumerate(segment.segments):
                self._number(child, above, index, number)
        else:
            self.leaves.append(segment)
        self.ends[number] = len(self.places)


_trees: list[Tree] = []


def tree_of(root: BaseSegment) -> Tree:
    """Return the numbered tree of a root. One is kept, because files are linted one by one."""
    if not _trees or _trees[0].root is not root:
        _trees[:] = [Tree(root)]
    return _trees[0]


def forget_trees() -> None:
    """Forget the tree that is kept."""
    _trees.clear()


class Leaves(list[Any]):
    """The leaves of a tree: the index of one is looked up, sqlfluff compares all before it."""

    @cached_property
    def _places(self) -> dict[Any, int]:
        places: dict[Any, int] = {}
        for place, segment in enumerate(self):
            places.setdefault(segment.uuid, place)
            places.setdefault(_equal_by(segment), place)
        return places

    def index(self, segment: Any, *limits: Any) -> int:
        """Return the index of the first leaf that is equal to a segment."""
        if limits:
            return super().index(segment, *limits)
        keys = (segment.uuid, _equal_by(segment))
        places = [self._places[key] for key in keys if key in self._places]
        if not places:
            raise ValueError(f"{segment!r} is not a leaf of the tree")
        return min(places)


def _equal_by(segment: Any) -> Any:
    """Return what sqlfluff takes two segments to be equal by, other than their identity."""
    if segment.pos_marker is None:
        return segment.uuid
    return type(segment).__name__, segment.raw, segment.pos_marker.working_loc
