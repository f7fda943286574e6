# shellcheck shell=sh disable=SC2154
# Read by ./holdfast and the scripts, with the project's folder in $root. Installs the packages when they are missing or
# when the lock file has changed; leaves the Node to run on in $node. On the way of every start: two short processes.

ready_stamp=$root/node_modules/.holdfast-stamp
ready_want="$(cksum <"$root/package-lock.json") $(uname -sm)"

# The stamp holds what was installed (lock file and platform), then the Node found to run here.
ready_read() {
  [ -r "$ready_stamp" ] || return 1
  { read -r ready_have && read -r node; } <"$ready_stamp" || return 1
  [ "$ready_have" = "$ready_want" ] || return 1
  case $node in
    /*) ;;
    *) node=$root/$node ;;
  esac
  [ -x "$node" ]
}

ready_fail() {
  printf 'holdfast: %s\n' "$@" >&2
  exit 1
}

if ! ready_read; then
  command -v node >/dev/null || ready_fail 'Node.js is not installed.' \
    'Install Node.js 20 or newer with npm (Debian: apt install nodejs npm), then run this again.'
  command -v npm >/dev/null || ready_fail 'npm is not installed; it fetches the packages that Holdfast needs.' \
    'Install npm (Debian: apt install npm), then run this again.'
  node "$root/scripts/install.mjs" "$ready_want" </dev/null || exit $?
  ready_read || ready_fail 'the packages changed while they were being installed; run this again.'
fi

# What Node has compiled once (types stripped, too) it need not compile again: a third of the time of a start.
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$root/node_modules/.cache/compile}"

# Builds the console when a file of it is newer than the last build: otherwise one short process. A site runs without it, too.
ready_console() {
  [ -d "$root/web" ] || return 0 # an installation carries it built
  ready_page=$root/dist/console/index.html
  if [ -f "$ready_page" ]; then
    ready_newer=$(cd -- "$root" && find web tools/console src/contract src/kernel package-lock.json -newer "$ready_page" | head -n 1)
    [ -n "$ready_newer" ] || return 0
  fi
  "$node" --disable-warning=ExperimentalWarning "$root/tools/console/main.ts" ||
    printf 'holdfast: %s\n' 'the console could not be built; everything else runs without it' >&2
}
