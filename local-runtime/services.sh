# shellcheck shell=bash
# Sourced by local-runtime/run and tests/run: makes sure that PostgreSQL 15 or later (with pg_trgm),
# Redis or Valkey, cargo and a C compiler are there. Says what it does and asks nothing.

oldest_postgres=15
postgres_folders=$(dirname -- "${BASH_SOURCE[0]}")/postgresql-folders
policy_file=/usr/sbin/policy-rc.d
policy_mark='# Temporary: written by CodeChecker while it installs PostgreSQL or Redis.'
cluster_file=/etc/postgresql-common/createcluster.d/code-checker.conf

say() { printf '==> %s\n' "$*" >&2; }

fail() {
  printf 'error: %s\n' "$*" >&2
  return 1
}

# Prints the major version and the real folder of the PostgreSQL in folder $1, if it is usable: new
# enough, with the programs that run it, and with pg_trgm, which some systems package apart.
inspect_postgres() {
  local folder=$1 major share
  [ -x "$folder/postgres" ] || return 1
  # The program on the PATH may be a link into a folder that has the others as well.
  folder=$(dirname "$(realpath "$folder/postgres")")
  [ -x "$folder/initdb" ] && [ -x "$folder/pg_isready" ] || return 1
  major=$("$folder/postgres" --version 2>/dev/null |
    sed -n 's/^.*(PostgreSQL) \([0-9][0-9]*\).*/\1/p')
  [ "${major:-0}" -ge "$oldest_postgres" ] || return 1
  for share in \
    "$([ -x "$folder/pg_config" ] && "$folder/pg_config" --sharedir 2>/dev/null)" \
    "/usr/share/postgresql/$major" "/usr/share/postgresql$major" /usr/share/pgsql \
    /usr/share/postgresql "$folder/../share" "$folder/../share/postgresql"; do
    if [ -n "$share" ] && [ -f "$share/extension/pg_trgm.control" ]; then
      printf '%s %s\n' "$major" "$folder"
      return 0
    fi
  done
  return 1
}

# Prints the folder of a usable PostgreSQL: one on the PATH, or else the newest of postgresql-folders,
# as the program itself chooses it.
find_postgres() {
  local folder folders found best='' newest=0
  IFS=: read -r -a folders <<<"$PATH"
  for folder in "${folders[@]}"; do
    case $folder in /*) ;; *) continue ;; esac
    if found=$(inspect_postgres "$folder"); then
      printf '%s\n' "${found#* }"
      return 0
    fi
  done
  # shellcheck disable=SC2013,SC2046 # the lines are patterns without blanks
  for folder in $(<"$postgres_folders"); do
    found=$(inspect_postgres "$folder") || continue
    if [ "${found%% *}" -gt "$newest" ]; then
      newest=${found%% *} best=${found#* }
    fi
  done
  [ -n "$best" ] && printf '%s\n' "$best"
}

# Prints the path of a Redis or Valkey server that has its client beside it on the PATH.
find_redis() {
  local name
  for name in redis valkey; do
    if command -v "$name-cli" >/dev/null && command -v "$name-server"; then return 0; fi
  done
  return 1
}

# That of util-linux; BusyBox' cannot have a server end with the program that started it.
has_setpriv() { grep -q -- --pdeathsig <<<"$(setpriv --help 2>/dev/null)"; }

# Runs a command as root, through sudo only where we are not.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    fail "this needs root, and there is no sudo: run as root: $*"
  elif [ -t 0 ]; then
    say "sudo $*"
    sudo "$@"
  else
    say "sudo -n $*"
    sudo -n "$@"
  fi
}

package_manager() {
  local name
  for name in apt-get dnf apk; do
    if command -v "$name" >/dev/null; then
      printf '%s\n' "$name"
      return 0
    fi
  done
  return 1
}

# No pipe into `grep -q`: the program that writes into it would fail once grep has seen enough.
apt_has() { grep -q '^  Candidate: [^(]' <<<"$(LC_ALL=C apt-cache policy "$1" 2>/dev/null)"; }

apt_newest_postgres() {
  LC_ALL=C apt-cache search --names-only '^postgresql-[0-9]+$' 2>/dev/null |
    sed -n 's/^postgresql-\([0-9][0-9]*\) .*/\1/p' | sort -rn | sed -n 1p
}

apt_update() {
  say 'apt-get update'
  as_root apt-get -q -o DPkg::Lock::Timeout=120 update >&2
}

apt_get_install() {
  as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold \
    --no-install-recommends install "$@" >&2
}

remove_apt_guards() {
  if grep -qsF "$policy_mark" "$policy_file"; then as_root rm -f "$policy_file"; fi
  if [ -e "$cluster_file" ]; then as_root rm -f "$cluster_file"; fi
}

# Installs without creating a cluster or starting a service, whatever becomes of apt.
apt_install() (
  trap remove_apt_guards EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  say "installing $* (no system cluster, no system service)"
  as_root mkdir -p "${cluster_file%/*}" || exit
  # shellcheck disable=SC2016 # expanded by the inner shell, which may run as root
  as_root sh -c 'echo "create_main_cluster = false" >"$1"' sh "$cluster_file" ||
    exit
  # An existing policy is someone's decision, and noclobber keeps it.
  if ! [ -e "$policy_file" ]; then
    # shellcheck disable=SC2016
    as_root sh -c 'set -C; printf "#!/bin/sh\n%s\nexit 101\n" "$2" >"$1" && chmod 755 "$1"' \
      sh "$policy_file" "$policy_mark" || exit
  fi
  apt_get_install "$@" || { apt_update && apt_get_install "$@"; }
)

# A package enables its service at boot; one that only we wanted should not run.
disable_service() {
  local unit=$1
  if [ -d /run/systemd/system ]; then
    as_root systemctl disable --now "$unit" >&2 || true
  elif command -v update-rc.d >/dev/null && [ -e "/etc/init.d/$unit" ]; then
    as_root update-rc.d "$unit" disable >&2 || true
  fi
  if command -v deb-systemd-helper >/dev/null; then
    as_root env DPKG_MAINTSCRIPT_PACKAGE="$unit" \
      deb-systemd-helper disable "$unit.service" >&2 || true
  fi
}

install_with_apt() {
  local want_postgres=$1 want_redis=$2 want_setpriv=$3 packages=() major='' redis='' status=0
  if [ "$want_postgres" = yes ]; then
    major=$(apt_newest_postgres)
    if [ "${major:-0}" -lt "$oldest_postgres" ]; then
      apt_update || return
      major=$(apt_newest_postgres)
    fi
    if [ "${major:-0}" -lt "$oldest_postgres" ]; then
      fail "this system packages no PostgreSQL $oldest_postgres or later: add the PostgreSQL" \
        'project'"'"'s own packages (https://www.postgresql.org/download/linux/) and run this again'
      return
    fi
    packages+=("postgresql-$major")
  fi
  if [ "$want_redis" = yes ]; then
    apt_has redis-server || apt_has valkey-server || apt_update || return
    redis=valkey-server
    if apt_has redis-server; then redis='redis-server'; fi
    packages+=("$redis")
  fi
  if [ "$want_setpriv" = yes ]; then packages+=(util-linux); fi
  apt_install "${packages[@]}" || status=$?
  if [ -n "$redis" ]; then disable_service "$redis"; fi
  return "$status"
}

install_with_dnf() {
  local want_postgres=$1 want_redis=$2 want_setpriv=$3 major stream
  if [ "$want_setpriv" = yes ]; then as_root dnf -y install util-linux >&2 || return; fi
  if [ "$want_redis" = yes ]; then
    say 'installing Redis or Valkey'
    as_root dnf -y install valkey >&2 || as_root dnf -y install redis >&2 || return
  fi
  if [ "$want_postgres" = yes ]; then
    say 'installing PostgreSQL'
    # The default of an older release can be too old, and a newer one a module stream; what is
    # installed already may hold someone's data and stays as it is.
    if ! rpm -q postgresql-server >/dev/null 2>&1; then
      major=$(dnf -q repoquery --qf '%{version}\n' postgresql-server 2>/dev/null |
        sed -n 's/^\([0-9][0-9]*\).*/\1/p' | sort -rn | sed -n 1p)
      if [ "${major:-0}" -lt "$oldest_postgres" ]; then
        for stream in 17 16 15; do
          if as_root dnf -y module enable "postgresql:$stream" >&2; then break; fi
        done
      fi
    fi
    as_root dnf -y install postgresql-server postgresql-contrib >&2
  fi
}

install_with_apk() {
  local want_postgres=$1 want_redis=$2 want_setpriv=$3 major packages=()
  if [ "$want_postgres" = yes ]; then
    major=$(apk search -q 'postgresql[0-9]*' 2>/dev/null |
      sed -n 's/^postgresql\([0-9][0-9]*\)$/\1/p' | sort -rn | sed -n 1p)
    if [ -z "$major" ]; then
      as_root apk update >&2 || return
      major=$(apk search -q 'postgresql[0-9]*' |
        sed -n 's/^postgresql\([0-9][0-9]*\)$/\1/p' | sort -rn | sed -n 1p)
    fi
    packages+=("postgresql$major" "postgresql$major-contrib" "postgresql$major-client")
  fi
  if [ "$want_redis" = yes ]; then
    if [ -n "$(apk search -q -x redis)" ]; then packages+=(redis); else packages+=(valkey); fi
  fi
  if [ "$want_setpriv" = yes ]; then packages+=(setpriv); fi
  say "installing ${packages[*]}"
  as_root apk add "${packages[@]}" >&2
}

# Makes sure of the server programs; does nothing when they are there.
ensure_services() {
  local want_postgres=no want_redis=no want_setpriv=no manager
  if grep -qsF "$policy_mark" "$policy_file"; then
    say "removing $policy_file, left by an interrupted installation"
    remove_apt_guards
  fi
  find_postgres >/dev/null || want_postgres=yes
  find_redis >/dev/null || want_redis=yes
  has_setpriv || want_setpriv=yes
  if [ "$want_postgres$want_redis$want_setpriv" = nonono ]; then return 0; fi
  if [ "$want_postgres" = yes ]; then say "PostgreSQL $oldest_postgres or later is missing"; fi
  if [ "$want_redis" = yes ]; then say 'Redis or Valkey is missing'; fi
  if [ "$want_setpriv" = yes ]; then say 'setpriv of util-linux is missing'; fi
  if ! manager=$(package_manager); then
    fail 'no apt, dnf or apk here: install PostgreSQL 15 or later (with its contrib modules)' \
      'and Redis or Valkey, and run this again'
    return
  fi
  "install_with_${manager%-get}" "$want_postgres" "$want_redis" "$want_setpriv" || {
    fail "installing with $manager did not work: solve what it says above and run this again"
    return
  }
  hash -r
  find_postgres >/dev/null || {
    fail "still no PostgreSQL $oldest_postgres or later with pg_trgm: install one from" \
      'https://www.postgresql.org/download/ and run this again'
    return
  }
  has_setpriv || fail 'still no setpriv of util-linux: install it and run this again' || return
  find_redis >/dev/null || fail 'still no Redis or Valkey with its client: install one and run this again'
}

# Makes sure of cargo and a C compiler, which some dependencies need.
ensure_toolchain() {
  if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
  fi
  if ! command -v cargo >/dev/null; then
    fail "Rust is missing: install it with \`curl -sSf https://sh.rustup.rs | sh -s -- -y\`" \
      '(see https://rustup.rs) and run this again'
    return
  fi
  if command -v cc >/dev/null; then return 0; fi
  say 'a C compiler is missing'
  case $(package_manager) in
  apt-get) apt_install gcc libc6-dev ;;
  dnf) as_root dnf -y install gcc >&2 ;;
  apk) as_root apk add gcc musl-dev >&2 ;;
  *) fail 'install a C compiler (cc) and run this again' ;;
  esac
}

# Where cargo puts what it builds, seen from the project's folder.
target_folder() {
  printf '%s\n' "${CARGO_TARGET_DIR:-$(cargo metadata --format-version 1 --no-deps --locked |
    sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')}"
}
