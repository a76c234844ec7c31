# For tools that run one service on loopback, each in a directory of its own: sourced, not run. The tool sets name,
# dir, stop_timeout, start_timeout; running (sets pid) and answers tell of its service.
# shellcheck shell=bash disable=SC2034,SC2154 # set here and used there, and the reverse

cache=${PAPERBOY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/paperboy}

fail() { echo "$name: $*" >&2; exit 1; }
fail_with_log() { tail -n 30 "$dir/log" >&2; fail "$*, see $dir/log"; }

fetch_whole() { # fetch_whole FOLDER WHAT FILL : unless it is there; FILL makes it, under the same name, in the folder that it is given
  local fetching
  [[ ! -d $1 ]] || return 0
  command -v mvn >/dev/null || fail "mvn is missing: run tools/dependencies test"
  echo "$name: fetching $2 into $1" >&2
  mkdir -p "$(dirname "$1")"
  fetching=$(mktemp -d "$(dirname "$1")/fetching.XXXXXX")
  # shellcheck disable=SC2064 # the folder of now
  trap "rm -rf '$fetching'" EXIT
  "$3" "$fetching" >&2 || fail "Maven could not fetch $2"
  # Whole or not at all; somebody else's fetch may have come first.
  mv -T "$fetching/$(basename "$1")" "$1" 2>/dev/null || [[ -d $1 ]] || fail "cannot write $1"
  rm -rf "$fetching"
  trap - EXIT
}

maven() { # maven ARGUMENT... : once more when it fails or stands still; --foreground: whoever ends us ends it too
  local command=(timeout --foreground -k 10 600 mvn -q -B -Dmaven.wagon.rto=60000 "$@")
  "${command[@]}" || { (($? < 128)) && "${command[@]}"; }
}

free_port() { # below the range the kernel gives to outgoing connections; another one each time
  local free
  while free=$((20000 + RANDOM % 12000))
    grep -qsx "$free" "$dir/ports" || (: <"/dev/tcp/127.0.0.1/$free") 2>/dev/null
  do :; done
  echo "$free" | tee -a "$dir/ports"
}

runs_with() { # runs_with ARGUMENT : sets pid; an argument of its own tells our process from a stranger with its number
  pid=$(cat "$dir/pid" 2>/dev/null) && grep -zqxF -- "$1" "/proc/$pid/cmdline" 2>/dev/null
}

launch_in_background() { # in a session of its own: Ctrl-C at the caller's terminal is not for it. Our lock (9) is not either.
  setsid "$@" >>"$dir/log" 2>&1 </dev/null 9>&- &
  pid=$!
  echo "$pid" >"$dir/pid"
}

await_start() { # false as soon as the process is gone
  local deadline=$((SECONDS + start_timeout))
  until answers; do
    kill -0 "$pid" 2>/dev/null || return 1
    ((SECONDS < deadline)) || fail_with_log "not ready after $start_timeout s"
    sleep 0.1
  done
}

end_process() { # TERM, and CONT in case a test has stopped it; KILL after a deadline
  local deadline=$((SECONDS + stop_timeout))
  running || return 0
  kill -TERM "$pid" && kill -CONT "$pid"
  while running; do
    ((SECONDS < deadline)) || kill -KILL "$pid"
    sleep 0.1
  done
} 2>/dev/null

one_at_a_time() { # one_at_a_time COMMAND : one start or stop in a directory
  mkdir -p "$dir"
  exec 9>"$dir/lock"
  flock -w "$start_timeout" 9 || fail "another start or stop is busy in $dir"
  "$1"
}
