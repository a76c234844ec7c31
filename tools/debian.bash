# For tools that work in a Debian of their own, whatever this machine runs: sourced, not run. The tool sets name.
# shellcheck shell=bash disable=SC2154 # set there, used here

fail() { echo "$name: $*" >&2; exit 1; }

release_name() { # release_name RELEASE : 12, 13 and their names, sid
  case $1 in
    12 | bookworm) echo bookworm ;;
    13 | trixie) echo trixie ;;
    sid | unstable) echo sid ;;
    *) fail "unknown release $1: 12, 13 or sid" ;;
  esac
}

mirror() { # the one that this machine's apt uses, unless PAPERBOY_DEBIAN_MIRROR names another
  local found
  if [[ -n ${PAPERBOY_DEBIAN_MIRROR:-} ]]; then echo "$PAPERBOY_DEBIAN_MIRROR" && return; fi
  found=$(apt-get indextargets --format '$(ORIGIN) $(SUITE) $(REPO_URI)' 2>/dev/null | awk '$1 == "Debian" && $2 !~ /security/ { print $3; exit }')
  echo "${found:-http://deb.debian.org/debian}"
}

why_no_root() { # prints why no root can be made and entered here; nothing: one can
  if ((EUID != 0)); then
    echo "not root"
  elif ! unshare --mount --pid --fork true 2>/dev/null; then
    echo "no namespaces can be made here"
  elif ! command -v debootstrap >/dev/null && ! DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
    debootstrap debian-archive-keyring >/dev/null 2>&1; then
    echo "debootstrap is missing and cannot be installed"
  fi
}

make_root() { # make_root FOLDER RELEASE : a bare Debian, made once
  local reason
  reason=$(why_no_root)
  [[ -z $reason ]] || fail "cannot make and enter a root of its own: $reason"
  [[ ! -f $1/complete ]] || return 0
  echo "$name: making a bare Debian $2 in $1" >&2
  rm -rf "$1"
  mkdir -p "$1"
  debootstrap --variant=minbase "$2" "$1/root" "$(mirror)" >"$1/log" 2>&1 ||
    { tail -n 20 "$1/log" >&2; fail "debootstrap failed, see $1/log"; }
  # How this machine reaches its packages is how the root does.
  find /etc/apt/apt.conf.d -name '*proxy*' -o -name '99*' | xargs -r cp -t "$1/root/etc/apt/apt.conf.d"
  printf 'APT::Install-Recommends "false";\n' >"$1/root/etc/apt/apt.conf.d/90bare"
  touch "$1/complete"
}

# in_root ROOT [--over FOLDER] [--bind FROM:TO]... [--] COMMAND... : as root in there, with /proc and what is bound. With
# --over, what it writes goes to FOLDER and ROOT stays as it is. All mounts end with the command.
in_root() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1 over=""
    shift
    if [[ $1 == --over ]]; then
      over=$2
      mkdir -p "$over"/{upper,work,root}
      mount -t overlay overlay -o "lowerdir=$root,upperdir=$over/upper,workdir=$over/work" "$over/root"
      root=$over/root
      shift 2
    fi
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
    while [[ $1 == --bind ]]; do
      mkdir -p "$root/${2#*:}"
      mount --bind "${2%%:*}" "$root/${2#*:}"
      shift 2
    done
    [[ $1 != -- ]] || shift
    exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive TMPDIR=/tmp "$@"' in_root "$@"
}
