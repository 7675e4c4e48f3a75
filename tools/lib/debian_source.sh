# debian_source.sh - sourced after common.sh: sources of Debian packages that are built with other options.
# shellcheck shell=bash
#
# debian_source WORK SUITE COMMAND...: makes a source list of its own for SUITE in WORK and runs apt-get COMMAND with it
# in WORK/source. The system's keys are read, nothing of the system is changed, and root is not needed.
debian_source() {
  local work=$1 suite=$2 mirror
  shift 2
  mkdir -p "$work"/{lists/partial,archives/partial,source}
  # The mirror that the binary packages come from.
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' 'Label: Debian' \
    | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
  echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main" \
    >"$work/sources.list"
  (cd "$work/source" && apt-get -q -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=- \
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache::archives=$work/archives" -o Dir::Cache::pkgcache= \
    -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User= "$@")
}
