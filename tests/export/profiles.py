# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of what `traceroundtrip export` writes, made from the formats' descriptions alone."""

import collections
import gzip
import json
import re


def folded_stacks(path):
    """{stack as a tuple: weight}; each stack is there once."""
    stacks = {}
    for line in open(path, encoding="utf-8"):
        stack, weight = line.rstrip("\n").rsplit(" ", 1)
        stack = tuple(stack.split(";"))
        assert stack not in stacks and all(stack), stack
        stacks[stack] = int(weight)
    return stacks


def read_speedscope(path):
    """The sum of all profiles; every index and bound is looked at on the way."""
    document = json.load(open(path, encoding="utf-8"))
    frames = len(document["shared"]["frames"])
    total = 0
    for profile in document["profiles"]:
        assert profile["type"] == "sampled" and len(profile["samples"]) == len(profile["weights"])
        assert all(stack and max(stack) < frames for stack in profile["samples"])
        assert profile["endValue"] - profile["startValue"] == sum(profile["weights"])
        total += sum(profile["weights"])
    return total


class Callgrind:
    """Self costs, and inclusive ones as the format defines them: self and the calls."""

    def __init__(self, path):
        self.names = collections.defaultdict(dict)
        self.own = collections.Counter()       # event: sum over all functions
        self.inclusive = collections.Counter() # (function, event)
        self.headers = {}
        self.position = {}
        calls = False
        for line in open(path, encoding="utf-8"):
            line = line.rstrip("\n")
            key = re.match(r"(c?(?:ob|fi|fl|fe|fn))=(.*)", line)
            if key:
                self.set_position(key[1], self.text(key[1], key[2]))
            elif line.startswith("calls="):
                calls = True
            elif re.match(r"\d", line):
                self.add_cost([int(n) for n in line.split()], calls)
                calls = False
            elif ":" in line and not line.startswith("#"):
                name, value = line.split(":", 1)
                self.headers[name] = value.split()

    def text(self, key, value):
        """Resolves "(3) name" and "(3)"; objects, files and functions count by themselves."""
        number, name = re.fullmatch(r"\((\d+)\)(?: (.*))?", value).groups()
        kind = {"ob": "ob", "fn": "fn"}.get(key.removeprefix("c")[:2], "file")
        if name is not None:
            assert number not in self.names[kind], value
            self.names[kind][number] = name
        return self.names[kind][number]

    def set_position(self, key, text):
        self.position[key] = text
        if key == "fn":
            self.function = (self.position.get("ob"), self.position["fl"], text)

    def add_cost(self, numbers, calls):
        events = self.headers["events"]
        assert len(numbers) == 1 + len(events), numbers
        for event, cost in zip(events, numbers[1:]):
            self.inclusive[self.function, event] += cost
            if not calls:
                self.own[event] += cost


def read_callgrind(path):
    profile = Callgrind(path)
    for header in ("summary", "totals"):
        assert profile.headers[header] == [str(profile.own[e]) for e in profile.headers["events"]], header
    return profile.own


def fields(data):
    """(number, value) of a protobuf message: integers, or bytes."""
    def varint(at):
        value = shift = 0
        while True:
            value |= (data[at] & 0x7f) << shift
            shift += 7
            at += 1
            if data[at - 1] < 0x80:
                return value, at

    at = 0
    while at < len(data):
        key, at = varint(at)
        value, at = varint(at)
        if key & 7 == 2:
            at += value
            value = data[at - value:at]
        else:
            assert key & 7 == 0, key
        yield key >> 3, value


def packed(data):
    """The integers of a repeated field; `fields` reads them as one number after the other."""
    numbers = []
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            numbers.append(value)
            value = shift = 0
    return numbers


class Pprof:
    def __init__(self, path):
        message = gzip.open(path).read()
        lists = collections.defaultdict(list)
        for number, value in fields(message):
            lists[number].append(value)
        self.texts = [t.decode() for t in lists[6]]
        assert self.texts[0] == ""
        self.types = [self.texts[dict(fields(t))[1]] for t in lists[1]]
        self.default = self.texts[lists[14][0]]
        locations = {dict(fields(m))[1] for m in lists[4]}
        functions = {dict(fields(m))[1] for m in lists[5]}
        for location in lists[4]:
            line = dict(fields(dict(fields(location))[4]))
            assert line[1] in functions
        self.total = collections.Counter()
        self.labels = set()
        for sample in lists[2]:
            parts = dict(fields(sample))
            assert set(packed(parts[1])) <= locations
            for kind, value in zip(self.types, packed(parts[2])):
                self.total[kind] += value
            for number, label in fields(sample):
                if number == 3:
                    key, text = (self.texts[n] for _, n in sorted(fields(label)))
                    self.labels.add((key, text))
