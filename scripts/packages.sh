# Sourced by the scripts beside it: the Debian packages that they need, and the Swift toolchain.
# shellcheck shell=bash

# Whether the C compiler of the toolchain finds libevent's headers.
has_libevent() {
    printf '#include <sys/types.h>\n#include <event2/event.h>\n#include <event2/thread.h>\n' |
        clang -fsyntax-only -x c - 2>/dev/null
}

has_command() {
    command -v "$1" >/dev/null 2>&1
}

# Whether Python finds a client library for Redis that speaks both versions of the protocol; it connects to nothing.
has_redis_py() {
    python3 -c 'import redis; redis.Redis(protocol=3)' 2>/dev/null
}

need_swift() {
    has_command swift && has_command clang && return
    echo "${0##*/}: a Swift toolchain is needed, 6.3 or later, with its programs on PATH: https://www.swift.org/install" >&2
    exit 1
}

# How this user becomes root without being asked for a password; fails where it cannot.
becoming_root() {
    has_command apt-get || return 1
    [[ $(id -u) -eq 0 ]] && return
    sudo -n true 2>/dev/null && echo "sudo -n"
}

# Installs the packages; fails where this user may not. Everything that is printed goes to standard error.
install_packages() {
    local root
    root=$(becoming_root) || return 1
    # shellcheck disable=SC2086 # nothing, or two words
    $root apt-get update -q >&2 &&
        $root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >&2
}

# Installs the packages, or prints the one line that does and ends the script.
need_packages() {
    [[ $# -gt 0 ]] || return 0
    install_packages "$@" && return
    echo "${0##*/}: install what is missing, then run this again: sudo apt-get update && sudo apt-get install -y $*" >&2
    exit 1
}
