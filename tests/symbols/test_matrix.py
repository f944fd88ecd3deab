# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, inlined functions and lines of programs built in many ways, against addr2line of three makers.

Asked about is every address where a line begins, and the last byte of every call, which is where return addresses
less one are.  Each answer has to be that of one of the tools; none of them is right about all: binutils' does not
know index forms of ranges (clang), elfutils' finds no code without .debug_aranges (clang), and LLVM's says other
names for functions that have several.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import harness

TOOL = pathlib.Path(os.environ["TRT_PROGRAMS"]) / "symbols" / "names_tool"
SOURCES = pathlib.Path(__file__).resolve().parent / "programs"
ADDRESSES_MAX = 1500  # more would only take longer
TOOLS = [t for t in ("eu-addr2line", "addr2line", "llvm-addr2line") if shutil.which(t)]

# What was found in one way must not be told in the next one.
NO_CACHE = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")}


def have(*commands):
    return all(shutil.which(c) for c in commands)


def out(*command, status=0, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace", **options)
    if done.returncode not in (0, status):
        raise AssertionError(f"{command}: {done.stderr}")
    return done.stdout


def build_id(path):
    found = re.search(r"Build ID: ([0-9a-f]+)", out("readelf", "-n", path))
    return found[1] if found else "-"


def code_addresses(path):
    """Where lines begin, and the last bytes of calls."""
    lines = out("objdump", "--dwarf=decodedline", path)
    starts = {int(a, 16) for a in re.findall(r"\s\d+\s+0x([0-9a-f]+)\s", lines)}
    first, last = min(starts), max(starts)
    code = re.findall(r"^ +([0-9a-f]+):\t(.*)$", out("objdump", "-d", "--no-show-raw-insn", path), flags=re.M)
    for (_, instruction), (following, _) in zip(code, code[1:]):
        if instruction.startswith("call") and first <= int(following, 16) <= last:
            starts.add(int(following, 16) - 1)
    chosen = sorted(starts)
    return chosen[:: len(chosen) // ADDRESSES_MAX + 1]


def place(text):
    """File without its folders, which tools join in ways of their own, and line."""
    found = re.match(r"(.*?):(\d+|\?)(:\d+)?( \(discriminator.*)?$", text)
    return os.path.basename(found[1]), int(found[2].replace("?", "0"))


def same_frame(ours, theirs, symbols):
    """Of programs linked by gcc -flto, addr2line says <artificial> for the files of a unit."""
    name = ours[0].replace("> >", ">>")
    named = name == theirs[0].replace("> >", ">>") or ours[0] in symbols
    # Where there is no line, binutils takes the file from the symbol table.
    file = ours[1] == theirs[1] or theirs[1] == "<artificial>" or (ours[1] == "??" and not theirs[2])
    return named and file and ours[2] == theirs[2]


def agree(ours, theirs, symbol):
    """Where DWARF has but the last part of a function's name, tools say that or the symbol's; we say the symbol's."""
    count = len(ours)
    return count == len(theirs) and all(
        same_frame(a, b, symbol if i + 1 == count else ()) for i, (a, b) in enumerate(zip(ours, theirs)))


def frames(lines):
    return [(name, *place(where)) for name, where in zip(lines[::2], lines[1::2])]


def split_answers(text, addresses):
    """Each answer starts with its address."""
    answers = []
    for line in text.splitlines():
        if re.fullmatch(r"0x[0-9a-f]+", line):
            answers.append([])
        else:
            answers[-1].append(line)
    assert len(answers) == len(addresses)
    return [frames(a) for a in answers]


def reference(tool, path, addresses):
    # eu-addr2line: status 1 if it knows nothing of one of the addresses.
    text = out(tool, "-afiC", "-e", path, status=1, input="".join(f"{a:#x}\n" for a in addresses))
    return split_answers(re.sub(r"^(.*) inlined at .*$", r"\1", text, flags=re.M), addresses)


def ours(path, addresses, identity, *options, words="DWARF"):
    done = subprocess.run([TOOL, *options, path, identity], input="".join(f"{a:x}\n" for a in addresses),
                          capture_output=True, text=True, check=True, env=NO_CACHE)
    assert done.stderr.strip() == words, f"names from {done.stderr.strip()}, not {words}"
    return split_answers(done.stdout, addresses)


class Symbols:
    """All names that the symbol table has for the function at an address."""
    def __init__(self, path):
        self.table = []
        for line in out("nm", "-C", "-S", "--defined-only", path).splitlines():
            found = re.match(r"([0-9a-f]+) ([0-9a-f]+) [tTwW] (.*)", line)
            if found:
                self.table.append((int(found[1], 16), int(found[2], 16), found[3]))

    def at(self, address):
        return [name for start, size, name in self.table if start <= address < start + size]


class Matrix(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(dir=os.environ["TRT_BUILD"], prefix="matrix."))

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def compare(self, path, mine, whole=None):
        """Ours of path against the tools' of whole, where all is in one file."""
        addresses = code_addresses(whole or path)
        self.assertGreater(len(addresses), 20)
        answers = mine(addresses)
        self.assertEqual(len(addresses), len(answers))
        tools = [reference(tool, whole or path, addresses) for tool in TOOLS]
        names = Symbols(whole or path)
        wrong = [(a, got, wanted) for a, got, *wanted in zip(addresses, answers, *tools)
                 if not any(agree(got, w, names.at(a)) for w in wanted)]
        for address, got, wanted in wrong[:5]:
            print(f"# {address:#x}: {got}", *(f"\n#   {tool} {w}" for tool, w in zip(TOOLS, wanted)))
        self.assertEqual(0, len(wrong), f"of {len(addresses)} addresses")
        self.assertTrue(any(len(a) > 1 for a in answers) or "-O0" in str(path), "something was inlined")

    def build(self, name, compiler, source, *flags):
        path = self.folder / name
        out(compiler, "-o", path, SOURCES / source, *flags, cwd=self.folder)
        return path

    def check(self, path, *options, whole=None):
        identity = build_id(path)
        self.compare(path, lambda addresses: ours(path, addresses, identity, *options), whole)

    def test_compilers_and_levels(self):
        builds = [(c, "plain.c") for c in ("gcc", "clang")] + [(c, "objects.cpp") for c in ("g++", "clang++")]
        all_languages = [["-O0"], ["-O2"], ["-O3"], ["-O2", "-flto"], ["-O2", "-gdwarf-4"], ["-O2", "-gsplit-dwarf"],
                         ["-O2", "-gsplit-dwarf", "-gdwarf-4"]]
        # What has nothing to do with the language.
        linking = [["-O2", "-gz"], ["-O2", "-static-pie"], ["-O2", "-no-pie"], ["-O2", "-shared", "-fPIC"],
                   ["-O2", "-fno-asynchronous-unwind-tables"], ["-O2", "-ffunction-sections", "-Wl,--gc-sections"]]
        for compiler, source in builds:
            for flags in all_languages + (linking if source.endswith(".c") else []):
                with self.subTest(compiler=compiler, flags=" ".join(flags)):
                    if not have(compiler, *(["ld.lld"] if "clang" in compiler else [])):
                        self.skipTest(f"no {compiler}, or no linker for it")
                    extra = ["-fuse-ld=lld"] if compiler.startswith("clang") and "-flto" in flags else []
                    name = f"{compiler}{''.join(flags).replace('/', '')}"
                    path = self.build(name, compiler, source, "-g", *flags, *extra)
                    # Neither tool tells what was inlined according to split DWARF: the same code with all in one file.
                    whole = [f for f in flags if f != "-gsplit-dwarf"]
                    twin = self.build(name + "-whole", compiler, source, "-g", *whole) if whole != flags else None
                    self.check(path, whole=twin)

    def test_rust(self):
        for mangling in ("legacy", "v0"):
            for level in ("0", "2"):
                with self.subTest(mangling=mangling, level=level):
                    if not have("rustc"):
                        self.skipTest("no rustc")
                    path = self.folder / f"rust-O{level}-{mangling}"
                    unstable = ["-Zunstable-options"] if mangling == "legacy" else []
                    out("rustc", "-g", *unstable, f"-Copt-level={level}", f"-Csymbol-mangling-version={mangling}", "-o", path,
                        SOURCES / "crate.rs", cwd=self.folder, env={**os.environ, "RUSTC_BOOTSTRAP": "1"})
                    self.check(path)

    def stripped(self, name, *flags, source="objects.cpp"):
        """A program, and its stripped copy beside a file with its debug data."""
        whole = self.build(name, "gcc" if source.endswith(".c") else "g++", source, "-g", "-O2", *flags)
        debug, bare = whole.with_suffix(".debug"), whole.with_suffix(".bare")
        out("objcopy", "--only-keep-debug", whole, debug)
        out("strip", "-o", bare, whole)
        return whole, bare, debug

    def check_stripped(self, whole, bare, *options, words="DWARF", identity=None):
        identity = identity or build_id(bare)
        self.compare(bare, lambda addresses: ours(bare, addresses, identity, *options, words=words), whole)

    def test_debug_link(self):
        for folder in (".", ".debug"):
            for flags in ([], ["-Wl,--build-id=none"]):
                with self.subTest(folder=folder, flags=flags):
                    whole, bare, debug = self.stripped(f"link{len(flags)}{len(folder)}", *flags)
                    place = self.folder / folder
                    place.mkdir(exist_ok=True)
                    out("objcopy", f"--add-gnu-debuglink={debug}", bare)
                    if folder != ".":
                        debug.rename(place / debug.name)
                    self.check_stripped(whole, bare)

    def test_debug_link_of_another_build(self):
        whole, bare, debug = self.stripped("other", "-Wl,--build-id=none")
        out("objcopy", f"--add-gnu-debuglink={debug}", bare)
        with open(debug, "ab") as file:
            file.write(b"changed")
        addresses = code_addresses(whole)
        answers = ours(bare, addresses, "-", words="exported names only")
        self.assertEqual({0}, {line for a in answers for _, _, line in a})

    def by_build_id(self, debug, identity):
        folder = self.folder / f"debug.{debug.name}"
        place = folder / ".build-id" / identity[:2]
        place.mkdir(parents=True)
        debug.rename(place / f"{identity[2:]}.debug")
        return folder

    def test_build_id_folder(self):
        whole, bare, debug = self.stripped("folder")
        folder = self.by_build_id(debug, build_id(bare))
        self.check_stripped(whole, bare, "--debug-dir", folder)
        with self.subTest("the module itself is gone"):
            identity = build_id(bare)
            bare.unlink()
            self.check_stripped(whole, bare, "--debug-dir", folder, identity=identity)

    def test_unstripped_copy(self):
        whole, bare, _ = self.stripped("copy")
        folder = self.folder / "copies"
        folder.mkdir()
        shutil.copy(whole, folder / bare.name)
        self.check_stripped(whole, bare, "--debug-dir", folder)

    @unittest.skipUnless(have("dwz"), "no dwz")
    def test_dwz(self):
        for multi in (False, True):
            with self.subTest(multi=multi):
                whole, bare, debug = self.stripped(f"dwz{multi}", "-gdwarf-4")
                _, _, other = self.stripped(f"dwz{multi}2", "-gdwarf-4")
                shared = self.folder / "shared.dwz"
                out("dwz", *(["-m", shared, "-M", shared.name] if multi else []), debug, other)
                self.assertEqual(multi, ".gnu_debugaltlink" in out("readelf", "-SW", debug))
                out("objcopy", f"--add-gnu-debuglink={debug}", bare)
                self.check_stripped(whole, bare)
        with self.subTest("both in a folder of debug files"):
            folder = self.by_build_id(debug, build_id(bare))
            identity = re.search(r"Build ID: ([0-9a-f]+)", out("readelf", "-n", shared))[1]
            place = folder / ".build-id" / identity[:2]
            place.mkdir(exist_ok=True)
            shared.rename(place / f"{identity[2:]}.debug")
            self.check_stripped(whole, bare, "--debug-dir", folder)

    def test_symbols_only(self):
        """Of a table alone: the functions, as nm has them, and no lines."""
        whole = self.build("table", "g++", "objects.cpp", "-O2", "-rdynamic")
        bare, mini = whole.with_suffix(".bare"), whole.with_suffix(".mini")
        out("strip", "-o", bare, whole)
        packed = self.folder / "packed"
        out("objcopy", "--only-keep-debug", whole, packed)
        out("xz", "--force", packed)
        out("objcopy", f"--add-section=.gnu_debugdata={packed}.xz", bare, mini)
        symbols = Symbols(whole)
        addresses = [start + size // 2 for start, size, name in symbols.table if size]
        exported = {int(l.split()[0], 16) for l in out("nm", "-D", "--defined-only", whole).splitlines()}
        for path, words in ((whole, "symbol table"), (mini, "mini debug info"), (bare, "exported names only")):
            with self.subTest(words):
                answers = ours(path, addresses, build_id(path), words=words)
                for address, answer in zip(addresses, answers):
                    known = path != bare or any(s in exported for s, n, _ in symbols.table if s <= address < s + n)
                    self.assertEqual(("??", 0), answer[0][1:])
                    self.assertIn(answer[0][0], symbols.at(address) if known else ["??"], hex(address))

    def test_another_build(self):
        path = self.build("changed", "gcc", "plain.c", "-g")
        answers = ours(path, code_addresses(path), "00" * 20, words="changed since recorded")
        self.assertEqual({("??", "??", 0)}, {frame for a in answers for frame in a})


if __name__ == "__main__":
    harness.main()
