"""Jobs on dead letters, for `logmart messages redrive`."""

from __future__ import annotations

from collections import Counter

import boto3

from operations.messaging.aws_stack import Item, Stack
from operations.messaging.dead_letters import (
    DeadLetter,
    DeadLetters,
    NotUnknownError,
    is_of_no_use,
    listed,
)


def list_dead_letters(stack: Stack) -> Item:
    """Return the letters, without what cannot be read, and show them again."""
    letters = _dead_letters(stack)
    found = list(letters.read())
    for letter in found:
        letters.show_again(letter)
    return {"letters": sorted((listed(letter) for letter in found), key=str)}


def redrive(stack: Stack, reasons: list[str]) -> Item:
    """Put letters back: those of the reasons, or all of which that is of use.

    Out: `put_back` and `left`, counts by reason.
    """
    letters = _dead_letters(stack)
    put_back: Counter[str] = Counter()
    left: list[DeadLetter] = []
    for letter in letters.read():
        if letter.reason in reasons or not (reasons or is_of_no_use(letter)):
            letters.put_back(letter)
            put_back[letter.reason] += 1
        else:
            left.append(letter)
    for letter in left:
        letters.show_again(letter)
    return {"put_back": put_back, "left": Counter(letter.reason for letter in left)}


def settle_dead_letter(stack: Stack, message_id: str, was_sent: bool) -> Item:
    """Write down what a person found out about an outcome that nobody knew."""
    try:
        _dead_letters(stack).settle(message_id, was_sent=was_sent)
    except NotUnknownError:
        return {"is_settled": False}
    return {"is_settled": True}


def _dead_letters(stack: Stack) -> DeadLetters:
    tables = boto3.resource("dynamodb")
    return DeadLetters(
        stack.sqs,
        stack.queue,
        stack.dead_letters,
        tables.Table(stack.sends),
        tables.Table(stack.outcomes),
    )
