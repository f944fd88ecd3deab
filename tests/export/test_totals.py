#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Totals are conserved: the parts of every view and export add up to `summary`.

Random recordings; SEED in the environment tries another one."""

import collections
import functools
import os

import harness
import profiles
import recordings

SEEDS = [int(os.environ["SEED"])] if "SEED" in os.environ else range(6)
FIGURES = ("round_trips", "failed", "ns", "bytes_sent", "bytes_received")

# What is looked at of each recording, in turn.
FILTERS = [(), ("--tid", "10"), ("--min-duration", "300us")]

# By this filter `summary` has the bytes of round trips, not all that was on the connections.
ALL_TRIPS = ("--until", "1000h")


def figures(row, prefix="", time="ns"):
    """The figures of a row of JSON."""
    return {key: row[prefix + (time if key == "ns" else key)] for key in FIGURES}


def added(rows, prefix="", time="ns"):
    total = dict.fromkeys(FIGURES, 0)
    for row in rows:
        for key, value in figures(row, prefix, time).items():
            total[key] += value
    return total


def of_latencies(row):
    """The figures of a row that has a latency object, whose mean is exact."""
    latency = row["latency_ns"]
    ns = round((latency["mean"] or 0) * latency["count"])
    return {**{key: row[key] for key in FIGURES if key != "ns"}, "ns": ns}


class Filtered(harness.Recording):
    """A recording of which views show a part."""

    def __init__(self, folder, filters):
        super().__init__(folder)
        self.filters = filters

    def text(self, view, *options, status=0):
        return super().text(view, *self.filters, *options, status=status)

    def shows_something(self):
        """Whether they leave anything."""
        return harness.run([harness.COMMAND, "summary", *self.filters, self.folder], status=None).returncode == 0


def every_recording(test):
    """Runs a test for each recording, with what `summary` says of it."""
    @functools.wraps(test)
    def run(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                folder = self.folder / f"seed{seed}"
                recordings.write(folder, seed)
                recording = Filtered(folder, FILTERS[seed % len(FILTERS)])
                if not recording.shows_something():
                    recording = Filtered(folder, ())
                total = of_latencies(recording.json("summary", *ALL_TRIPS))
                exact_ns = sum(t["latency_ns"] or 0 for t in recording.lines("trips"))
                # A mean is a rounded one.
                self.assertAlmostEqual(exact_ns, total["ns"], delta=1000)
                test(self, recording, {**total, "ns": exact_ns})
    return run


class Totals(harness.TestCase):
    @every_recording
    def test_trips(self, recording, total):
        trips = recording.lines("trips")
        self.assertEqual(total["round_trips"], len(trips))
        self.assertEqual(total["failed"], sum(t["status"] in ("error", "reset", "closed") for t in trips))
        for key in ("bytes_sent", "bytes_received"):
            self.assertEqual(total[key], sum(t[key] for t in trips))

    @every_recording
    def test_tables(self, recording, total):
        for view in ("endpoints", "connections", "threads"):
            rows = [of_latencies(row) for row in recording.json(view, *ALL_TRIPS)]
            self.assertAlmostEqual(total["ns"], sum(row.pop("ns") for row in rows), delta=1000 * len(rows))
            for key in rows[0]:
                self.assertEqual(total[key], sum(row[key] for row in rows), view)

    @every_recording
    def test_bytes_of_connections(self, recording, total):
        """Without a filter of round trips both have all that was on the connections."""
        summary, connections = (harness.Recording(recording.folder).json(view) for view in ("summary", "connections"))
        for key in ("bytes_sent", "bytes_received"):
            self.assertEqual(summary[key], sum(row[key] for row in connections), key)

    @every_recording
    def test_timeline(self, recording, total):
        for by in ("connection", "thread"):
            lanes = recording.json("timeline", "--lanes", "1000", "--by", by)["lanes"]
            self.assertEqual(total["round_trips"], sum(lane["round_trips"] for lane in lanes), by)

    @every_recording
    def test_report(self, recording, total):
        """Views that are made from one reading say what they say alone."""
        report = recording.json("report")
        for view, options in [("tree", []), ("hotspots", ["-n10"]), ("endpoints", ["-n10"]), ("summary", [])]:
            self.assertEqual(recording.json(view, *options), report[view], view)

    def check_tree(self, nodes, total):
        """Own figures add up to all, and each node's to its own and its children's."""
        own = collections.Counter()
        below = collections.defaultdict(collections.Counter)
        for n in nodes:
            mine = {"round_trips": n["own_round_trips"], "ns": n["own_ns"],
                    "bytes_sent": n["own_bytes_sent"], "bytes_received": n["own_bytes_received"]}
            everything = {key: n["total_ns" if key == "ns" else key] for key in mine}
            own.update(mine)
            below[n["id"]].update(mine)
            if n["parent"] is not None:
                below[n["parent"]].update(everything)
        for n in nodes:
            self.assertEqual((n["round_trips"], n["total_ns"], n["bytes_sent"], n["bytes_received"]),
                             tuple(below[n["id"]][k] for k in ("round_trips", "ns", "bytes_sent", "bytes_received")))
        self.assertEqual({k: v for k, v in total.items() if k != "failed"}, {k: own[k] for k in total if k != "failed"})
        self.assertEqual(total["failed"], nodes[0]["failed"])

    @every_recording
    def test_tree(self, recording, total):
        for group in ("function", "line", "module"):
            for more in ([], ["--invert"], ["--no-fold"], ["--no-fold", "--invert"]):
                self.check_tree(recording.json("tree", "--group", group, *more)["nodes"], total)

    @every_recording
    def test_recursion_counts_once(self, recording, total):
        nodes = recording.json("tree")["nodes"]
        for n in nodes:
            names, at = [], n
            while at["parent"] is not None:
                names.append((at["name"], at["module"]))
                at = next(m for m in nodes if m["id"] == at["parent"])
            self.assertEqual(len(names), len(set(names)))

    @every_recording
    def test_hotspots(self, recording, total):
        by_name = self.inclusive(recording)
        for group in ("function", "line", "module"):
            rows = recording.json("hotspots", "--group", group)
            self.assertEqual(total, added(rows, "self_"))
            if group == "function":
                for row in rows:
                    self.assertEqual(by_name[row["name"]], row["round_trips"], row["name"])

    def inclusive(self, recording):
        """{function: round trips whose stack it is on}, counted by hand."""
        count = collections.Counter()
        for trip in recording.lines("trips"):
            count.update(set(trip["stack"] or ["(stack not known)"]))
        return count

    @every_recording
    def test_edges(self, recording, total):
        for row in recording.json("hotspots"):
            if row["name"].startswith("("):
                continue
            found = recording.json("callers", row["name"])
            itself = {"round_trips": found["round_trips"], "total_ns": found["total_ns"], "failed": found["failed"]}
            for side in ("callers", "callees"):
                self.assertEqual(itself, {k: sum(e[k] for e in found[side]) for k in itself}, (row["name"], side))
            self.assertEqual(row["round_trips"], found["round_trips"])

    @every_recording
    def test_annotate(self, recording, total):
        hotspots = recording.json("hotspots", "--group", "line")
        without_file = added((r for r in hotspots if not r["file"]), "self_")
        if all(r["file"] is None for r in hotspots):
            return
        files = recording.json("annotate", "*")
        for file in files:
            self.assertEqual(added([file], "self_"), added(file["lines"], "self_"))
        self.assertEqual(total, {k: v + without_file[k] for k, v in added(files, "self_").items()})

    # Exports

    def export(self, recording, *options):
        path = self.folder / "exported"
        harness.run([harness.COMMAND, "export", *recording.filters, *options, "-o", path, recording.folder])
        return path

    def weigh(self, total):
        """{weight: what all round trips weigh}."""
        return {"time": total["ns"], "trips": total["round_trips"], "errors": total["failed"],
                "bytes": total["bytes_sent"] + total["bytes_received"]}

    def variants(self):
        for group in ([], ["--group", "function"], ["--group", "line"], ["--group", "module"]):
            yield group
            yield group + ["--with-peer"]

    @every_recording
    def test_folded_and_speedscope(self, recording, total):
        for weight, sum_of_all in self.weigh(total).items():
            for variant in self.variants():
                options = ["--weight", weight, *variant]
                path = self.export(recording, "-f", "folded", *options)
                self.assertEqual(sum_of_all, sum(profiles.folded_stacks(path).values()), options)
                path = self.export(recording, "-f", "speedscope", *options)
                self.assertEqual(sum_of_all, profiles.read_speedscope(path), options)

    @every_recording
    def test_callgrind(self, recording, total):
        names = {"time": "Nanoseconds", "trips": "RoundTrips", "bytes": "Bytes", "errors": "Failed"}
        for variant in self.variants():
            for weight, name in names.items():
                path = self.export(recording, "-f", "callgrind", "--weight", weight, *variant)
                own = profiles.read_callgrind(path)
                self.assertEqual(name, profiles.Callgrind(path).headers["events"][0])
                for other, sum_of_all in self.weigh(total).items():
                    self.assertEqual(sum_of_all, own[names[other]])
                self.assertEqual(total["bytes_sent"], own["BytesSent"])

    @every_recording
    def test_callgrind_inclusive_costs(self, recording, total):
        """A function's calls and own costs are what is at or below it, recursive or not."""
        by_name = {(r["name"], r["module"]): r["round_trips"] for r in recording.json("hotspots")}
        profile = profiles.Callgrind(self.export(recording, "-f", "callgrind"))
        for (function, event), cost in profile.inclusive.items():
            module, _, name = function
            known = by_name.get((name, module if module != "???" else None))
            if event == "RoundTrips" and known is not None:
                self.assertLessEqual(cost, known, function)

    @every_recording
    def test_pprof(self, recording, total):
        names = {"time": "time", "trips": "round_trips", "bytes": "bytes", "errors": "failed"}
        for variant in self.variants():
            for weight, name in names.items():
                profile = profiles.Pprof(self.export(recording, "-f", "pprof", "--weight", weight, *variant))
                self.assertEqual(name, profile.default)
                for other, sum_of_all in self.weigh(total).items():
                    self.assertEqual(sum_of_all, profile.total[names[other]])
                self.assertEqual("--with-peer" in variant, any(key == "peer" for key, _ in profile.labels))


if __name__ == "__main__":
    harness.main()
