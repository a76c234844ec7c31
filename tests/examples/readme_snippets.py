#!/usr/bin/env python3
"""Makes a C++ program of the C++ blocks of a README.

    readme_snippets.py README OUTPUT

The line before each block says what it is:

    <!-- file: PATH -->              the text of this file, as it is
    <!-- compile: declarations -->   goes to namespace scope; later blocks see it
    <!-- compile: function -->       the body of a function that the program calls

A comment <!-- run: CODE --> behind a block is such a body too, which readers do not see. Bodies may use `context`, an
io_context, `engine`, which is not running, and `db`, of readme_prelude.hpp.
"""

import pathlib
import re
import sys

BLOCK = re.compile(r"^(?:<!-- (?P<kind>file|compile): (?P<what>\S+) -->\n)?```cpp\n(?P<code>.*?)^```$"
                   r"|^<!-- run: (?P<run>.*?) -->$", re.MULTILINE | re.DOTALL)
PARAMETERS = "[[maybe_unused]] asio::io_context& context, [[maybe_unused]] paperboy::engine& engine, " \
             "[[maybe_unused]] database& db"


def fail(readme, line, text):
    sys.exit(f"{readme}:{line}: {text}")


def function(name, code, at):
    return f"void {name}({PARAMETERS})\n{{\n{{\n{at}{code}\n}}\n}}\n"


def program(readme):
    text = readme.read_text()
    parts, names = ['#include "readme_prelude.hpp"\n'], []
    for found in BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("code") if found["code"] is not None else found.start()) + 1
        at = f'#line {line} "{readme}"\n'
        name = f"line_{line}"
        if found["run"] is not None:
            parts.append(function(name, found["run"], at))
            names.append(name)
        elif found["kind"] == "file":
            if (readme.parent / found["what"]).read_text() != found["code"]:
                fail(readme, line, f"differs from {found['what']}")
        elif found["what"] == "declarations":
            parts.append(at + found["code"])
        elif found["what"] == "function":
            parts.append(function(name, found["code"], at))
            names.append(name)
        else:
            fail(readme, line, "a C++ block without a comment that says what it is, see readme_snippets.py")
    parts.append("int main()\n{\n" + "".join(f'    run("{name}", {name});\n' for name in names) + "}\n")
    return "".join(parts)


def main():
    readme, output = map(pathlib.Path, sys.argv[1:])
    output.write_text(program(readme.resolve()))


if __name__ == "__main__":
    main()
