# For the peers in Python, whose folder has requirements.txt and peer.py: sourced, not run.
# shellcheck shell=bash

prepare_python() { # prepare_python PEER FOLDER : a virtual environment of its own; prints the command
  local wanted
  wanted=$(cksum <"$1/requirements.txt")
  command -v python3 >/dev/null || { echo "python3 is missing" >&2; exit 3; }
  if [[ $(cat "$2/complete" 2>/dev/null) != "$wanted" ]]; then
    rm -rf "$2"
    python3 -m venv "$2" >&2 || exit 3
    "$2/bin/pip" install -q --disable-pip-version-check -r "$1/requirements.txt" >&2 || exit 3
    echo "$wanted" >"$2/complete"
  fi
  printf '%s\n' env "PYTHONPATH=$(dirname "$1")" "$2/bin/python" "$1/peer.py"
}
