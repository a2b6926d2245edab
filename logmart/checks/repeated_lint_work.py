"""Runs `sqlfluff lint ...` and saves work that it repeats: `-m logmart.checks.repeated_lint_work`.

Functions of sqlfluff are replaced by functions that give the same results. It lints, and fixes
nothing: a file's tree of segments does not change between its rules.

- the sequence of elements that the rules of layout begin with is made once a tree, not once a rule
- the layout that is configured for a type of segment is looked up once
- the place of a segment among its siblings is worked out once for all segments below it
- segments of a type, and the place of a segment in its file, are looked up in an index of the tree
- a segment without a type and without anything below it of that type is passed without a call
- the second process is forked, and sends its findings back without the tree
- Python collects its garbage once in 20 files
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from sqlfluff.cli.commands import cli
from sqlfluff.core.linter.linted_file import LintedFile
from sqlfluff.core.linter.runner import MultiProcessRunner, ParallelRunner
from sqlfluff.core.parser.segments.base import BaseSegment
from sqlfluff.core.parser.segments.raw import RawSegment
from sqlfluff.core.rules.crawlers import ParentOfSegmentCrawler, SegmentSeekerCrawler
from sqlfluff.utils.reflow.config import BlockConfig, ReflowConfig
from sqlfluff.utils.reflow.depthmap import DepthInfo, DepthMap, StackPosition
from sqlfluff.utils.reflow.sequence import ReflowSequence

from logmart.checks.numbered_tree import Leaves, forget_trees, tree_of
from logmart.replaced_attributes import replaced_attributes

_apply = ParallelRunner._apply
_block_config = ReflowConfig.get_block_config
_crawl = SegmentSeekerCrawler.crawl
_sequence_from_root = ReflowSequence.from_root.__func__  # type: ignore[attr-defined]
_sequence_around_target = ReflowSequence.from_around_target.__func__  # type: ignore[attr-defined]


# Without any collection, a process that lints all files takes 2 GB.
_FILES_BETWEEN_COLLECTIONS = 20
_files_linted = itertools.count(1)


def _crawl_by_index(crawler: Any, context: Any) -> Iterator[Any]:
    root = context.segment
    if (
        context.parent_stack
        or type(crawler) not in (SegmentSeekerCrawler, ParentOfSegmentCrawler)
        or "unparsable" in root.descendant_type_set | root.class_types
    ):
        yield from _crawl(crawler, context)
        return
    tree = tree_of(root)
    found = {number for kind in crawler.types for number in tree.of_type.get(kind, ())}
    if isinstance(crawler, ParentOfSegmentCrawler):
        found = {tree.parents[number] for number in found} - {-1}
    end = 0
    for number in sorted(found):
        if number < end:
            continue
        context.segment, context.parent_stack, context.segment_idx = tree.places[number]
        if crawler.provide_raw_stack:
            context.raw_stack = tuple(tree.leaves[: tree.leaves_before[number]])
        yield context
        if not crawler.allow_recurse:
            end = tree.ends[number]


def _sequence_once(cls: Any, root_segment: BaseSegment, config: Any) -> ReflowSequence:
    sequences = tree_of(root_segment).sequences
    kept = sequences.get(id(config))
    if not kept:
        kept = sequences[id(config)] = (config, _sequence_from_root(cls, root_segment, config))
    _, made = kept
    # Findings are added to a sequence's own list.
    return ReflowSequence([*made.elements], made.root_segment, made.reflow_config, made.depth_map)


def _sequence_around(
    cls: Any,
    target: BaseSegment,
    root_segment: BaseSegment,
    *arguments: Any,
    **options: Any,
) -> Any:
    if not isinstance(root_segment.raw_segments, Leaves):
        root_segment.__dict__["raw_segments"] = Leaves(root_segment.raw_segments)
    return _sequence_around_target(cls, target, root_segment, *arguments, **options)


def _is_type(self: Any, *types: str) -> bool:
    own, inherited = self.instance_types, self._class_types
    # A loop: sqlfluff calls this millions of times.
    for kind in types:  # noqa: SIM110
        if kind in inherited or kind in own:
            return True
    return False


def _segments_below(
    self: BaseSegment,
    *types: str,
    recurse_into: bool = True,
    no_recursive_seg_type: Any = None,
    allow_self: bool = True,
) -> Iterator[BaseSegment]:
    left_out = (
        (no_recursive_seg_type,)
        if isinstance(no_recursive_seg_type, str)
        else tuple(no_recursive_seg_type or ())
    )
    matches = allow_self and self.is_type(*types)
    if matches:
        yield self
    if (matches and not recurse_into) or self.descendant_type_set.isdisjoint(types):
        return
    for segment in self.segments:
        if left_out and segment.is_type(*left_out):
            continue
        if segment.descendant_type_set.isdisjoint(types):
            if segment.is_type(*types):
                yield segment
        else:
            yield from _segments_below(
                segment, *types, recurse_into=recurse_into, no_recursive_seg_type=left_out
            )


def _depth_map_of_root(cls: Any, raw_segments: Any, root_segment: BaseSegment) -> DepthMap:
    return tree_of(root_segment).depth_map


def _fill_depth_map(self: Any, raws_with_stack: Sequence[tuple[Any, list[Any]]]) -> None:
    self.depth_info = {}
    shared: dict[int, DepthInfo] = {}
    positions: dict[int, StackPosition] = {}
    for raw, stack in raws_with_stack:
        parent, last = id(stack[-1].segment), stack[-1]
        if parent not in shared:
            hashes = tuple(hash(step.segment) for step in stack)
            for step in stack:
                if id(step) not in positions:
                    positions[id(step)] = StackPosition.from_path_step(step)
            shared[parent] = DepthInfo(
                stack_depth=len(stack),
                stack_hashes=hashes,
                stack_hash_set=frozenset(hashes),
                stack_class_types=tuple(step.segment.class_types for step in stack),
                stack_positions={
                    key: positions[id(step)] for key, step in zip(hashes, stack, strict=True)
                },
            )
        above = shared[parent]
        self.depth_info[raw.uuid] = DepthInfo(
            stack_depth=above.stack_depth,
            stack_hashes=above.stack_hashes,
            stack_hash_set=above.stack_hash_set,
            stack_class_types=above.stack_class_types,
            stack_positions={
                **above.stack_positions,
                above.stack_hashes[-1]: StackPosition.from_path_step(last),
            },
        )


_block_configs: dict[tuple[int, Any], tuple[Any, BlockConfig]] = {}


def _block_config_once(
    self: ReflowConfig, block_class_types: Any, depth_info: DepthInfo | None = None
) -> BlockConfig:
    if depth_info or not isinstance(block_class_types, frozenset):
        return _block_config(self, block_class_types, depth_info)
    key = (id(self), block_class_types)
    kept = _block_configs.get(key)
    if not kept:
        # The configuration is kept too, so that no other one gets its number.
        kept = _block_configs[key] = (self, _block_config(self, block_class_types))
    return kept[1]


def _apply_without_tree(task: Any) -> Any:
    result = _apply(task)
    if next(_files_linted) % _FILES_BETWEEN_COLLECTIONS == 0:
        gc.collect()
    return result._replace(tree=None) if isinstance(result, LintedFile) else result


@contextmanager
def repeated_lint_work_saved() -> Iterator[None]:
    """Replace the functions of sqlfluff until the context is left."""
    replacements: list[tuple[Any, str, Any]] = [
        (ReflowSequence, "from_root", classmethod(_sequence_once)),
        (ReflowSequence, "from_around_target", classmethod(_sequence_around)),
        (DepthMap, "from_raws_and_root", classmethod(_depth_map_of_root)),
        (DepthMap, "__init__", _fill_depth_map),
        (ReflowConfig, "get_block_config", _block_config_once),
        (SegmentSeekerCrawler, "crawl", _crawl_by_index),
        (RawSegment, "is_type", _is_type),
        (BaseSegment, "recursive_crawl", _segments_below),
        (ParallelRunner, "_apply", staticmethod(_apply_without_tree)),
        (MultiProcessRunner, "POOL_TYPE", multiprocessing.get_context("fork").Pool),
    ]
    try:
        with replaced_attributes(replacements):
            yield
    finally:
        forget_trees()
        _block_configs.clear()


def main() -> None:
    """Run sqlfluff's command line. Where dbt renders the files, dbt's work is saved too."""
    gc.disable()
    with ExitStack() as stack:
        stack.enter_context(repeated_lint_work_saved())
        if "--templater" not in sys.argv:
            # To import dbt takes a second, which the files that dbt does not render can do without.
            from logmart.dbt import repeated_work  # noqa: PLC0415

            stack.enter_context(repeated_work.repeated_work_saved())
            stack.enter_context(repeated_work.node_search_saved())
        gc.freeze()
        cli()


if __name__ == "__main__":
    main()
