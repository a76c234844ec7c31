#!/usr/bin/env python3
"""Makes a C++ program of the C++ blocks of pages such as the README, and a source of those that show other libraries.

    readme_snippets.py ROOT PROGRAM OTHERS PAGE...

The line before each block says what it is:

    <!-- file: PATH -->              the text of this file of ROOT, as it is
    <!-- compile: declarations -->   goes to namespace scope; later blocks of the page see it
    <!-- compile: function -->       the body of a function that the program calls
    <!-- compile: others HEADER -->  goes to the other source, for namespace scope, which is compiled where there is HEADER

A comment <!-- run: CODE --> behind a block is such a body too, which readers do not see. Bodies may use `context`, an
io_context, `engine`, which is not running, and `db`, of readme_prelude.hpp.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^(?:<!-- (?P<kind>file|compile): (?P<what>\S+)(?: (?P<header>\S+))? -->\n)?```cpp\n(?P<code>.*?)^```$"
                   r"|^<!-- run: (?P<run>.*?) -->$", re.MULTILINE | re.DOTALL)
PARAMETERS = "[[maybe_unused]] asio::io_context& context, [[maybe_unused]] paperboy::engine& engine, " \
             "[[maybe_unused]] database& db"


def fail(page, line, text):
    sys.exit(f"{page}:{line}: {text}")


def function(name, code, at):
    return f"void {name}({PARAMETERS})\n{{\n{{\n{at}{code}\n}}\n}}\n"


class Snippets:
    def __init__(self, root):
        self.root = root
        self.parts = ['#include "readme_prelude.hpp"\n']
        self.others = ['#include "others_prelude.hpp"\n']
        self.calls = []

    def add_page(self, page):
        space = "page_" + re.sub(r"\W", "_", page.stem).lower()
        text = page.read_text()
        self.parts.append(f"namespace {space}\n{{\n")
        for found in BLOCK.finditer(text):
            self.add_block(page, space, text, found)
        self.parts.append("}\n")

    def add_block(self, page, space, text, found):
        line = text.count("\n", 0, found.start("code") if found["code"] is not None else found.start()) + 1
        at = f'#line {line} "{page}"\n'
        if found["run"] is not None:
            self.add_function(space, line, found["run"], at)
        elif found["kind"] == "file":
            if (self.root / found["what"]).read_text() != found["code"]:
                fail(page, line, f"differs from {found['what']}")
        elif found["what"] == "declarations":
            self.parts.append(at + found["code"])
        elif found["what"] == "function":
            self.add_function(space, line, found["code"], at)
        elif found["what"] == "others" and found["header"]:
            self.others.append(f"#if __has_include(<{found['header']}>)\n#include <{found['header']}>\n"
                               f"namespace {space}\n{{\n{at}{found['code']}}}\n#endif\n")
        else:
            fail(page, line, "a C++ block without a comment that says what it is, see readme_snippets.py")

    def add_function(self, space, line, code, at):
        name = f"line_{line}"
        self.parts.append(function(name, code, at))
        self.calls.append(f'    run("{space}, line {line}", {space}::{name});\n')

    def program(self):
        return "".join(self.parts) + "int main()\n{\n" + "".join(self.calls) + "}\n"


def main():
    root, program, others, *pages = map(pathlib.Path, sys.argv[1:])
    snippets = Snippets(root.resolve())
    for page in pages:
        snippets.add_page(page.resolve())
    program.write_text(snippets.program())
    others.write_text("".join(snippets.others))


if __name__ == "__main__":
    main()
