# For the prepare of each peer: sourced, not run.
# shellcheck shell=bash

skip() { echo "$*" >&2; exit 3; }

# Ours are linked with tcmalloc, which librdkafka gains most by: so those whose client is librdkafka get it too.
with_tcmalloc() { # prints the words that start a command with it, where it is installed
  local library=libtcmalloc_minimal.so.4 libraries
  # Users' PATH may lack the folder of ldconfig. A pipe would end ldconfig with a signal, and so the script.
  if libraries=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p) && [[ $libraries == *"$library"* ]]; then
    printf '%s\n' env "LD_PRELOAD=$library"
  fi
}

tell_version() { # tell_version FOLDER VERSION : for the results
  echo "$2" >"$1/version"
}

prepare_python() { # prepare_python PEER FOLDER : its requirements.txt in an environment of its own; prints the command
  local wanted
  wanted=$(cksum <"$1/requirements.txt")
  command -v python3 >/dev/null || skip "python3 is missing"
  if [[ $(cat "$2/complete" 2>/dev/null) != "$wanted" ]]; then
    rm -rf "$2"
    python3 -m venv "$2" >&2 || skip "python3 -m venv failed"
    "$2/bin/pip" install -q --disable-pip-version-check -r "$1/requirements.txt" >&2 || skip "pip failed"
    echo "$wanted" >"$2/complete"
  fi
  tell_version "$2" "$(sed -n '1s/.*==//p' "$1/requirements.txt")"
  printf '%s\n' env PYTHONDONTWRITEBYTECODE=1 "PYTHONPATH=$(dirname "$1")" "$2/bin/python" "$1/peer.py"
}
