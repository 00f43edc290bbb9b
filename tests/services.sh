# shellcheck shell=bash
# Sourced by tests/run: a scratch PostgreSQL and Redis for the length of one test run.
#
#   start_services             exports DATABASE_URL and REDIS_URL
#   trap stop_services EXIT

# shellcheck source=local-runtime/services.sh
source "$(dirname -- "${BASH_SOURCE[0]}")/../local-runtime/services.sh"

scratch=''
scratch_children=()
# Further options of the servers, for scripts that source this.
scratch_postgres_options=()
scratch_redis_options=()

# The servers run as this user; PostgreSQL refuses root.
scratch_user() {
  if [ "$(id -u)" -ne 0 ]; then
    id -un
  elif id -u postgres >/dev/null 2>&1; then
    echo postgres
  else
    echo nobody
  fi
}

# Becomes a server that ends with this shell where the system can arrange that; for use with `&`,
# as the first argument is the signal to send.
as_scratch_user() {
  local signal=$1 user options=()
  shift
  user=$(scratch_user)
  cd -- "$scratch/data" || return
  if grep -q -- --pdeathsig <<<"$(setpriv --help 2>/dev/null)"; then
    if [ "$(id -u)" -eq 0 ]; then
      options=(--reuid "$user" --regid "$(id -g "$user")" --init-groups)
    fi
    exec setpriv "${options[@]}" --pdeathsig "$signal" -- "$@"
  elif [ "$(id -u)" -eq 0 ]; then
    # shellcheck disable=SC2016 # expanded by the inner shell
    exec su -s /bin/sh "$user" -c 'exec "$0" "$@"' -- "$@"
  else
    exec "$@"
  fi
}

# Waits for a command to succeed while a server lives, and shows the server's log if it does not.
await_server() {
  local pid=$1 log=$2 tries=0
  shift 2
  until "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$pid" 2>/dev/null; then
      tail -n 20 "$log" >&2
      fail "a scratch server did not start, see its log above"
      return
    fi
    sleep 0.1
  done
}

redis_answers() {
  local client
  client=$(command -v redis-cli || command -v valkey-cli) || return 0
  [ "$("$client" -s "$scratch/data/redis.sock" ping 2>/dev/null)" = PONG ]
}

start_services() {
  local bin redis sockets
  bin=$(find_postgres) || { fail 'no PostgreSQL found, run ensure_services first'; return; }
  redis=$(find_redis) || { fail 'no Redis found, run ensure_services first'; return; }
  # Not under TMPDIR, which can be too long for the path of a socket.
  scratch=$(mktemp -d /tmp/code-checker-tests.XXXXXX)
  sockets=$scratch/data
  chmod 711 "$scratch"
  mkdir -m 700 "$sockets"
  if [ "$(id -u)" -eq 0 ]; then chown "$(scratch_user):$(id -g "$(scratch_user)")" "$sockets"; fi

  say "starting a scratch PostgreSQL and Redis in $scratch"
  if ! (as_scratch_user KILL "$bin/initdb" --pgdata "$sockets/postgres" --username codechecker \
    --encoding UTF8 --locale C --lc-ctype C.UTF-8 --auth-local trust --auth-host reject --no-sync) \
    >"$scratch/initdb.log" 2>&1; then
    tail -n 20 "$scratch/initdb.log" >&2
    fail 'initdb did not work, see its output above'
    return
  fi
  as_scratch_user INT "$bin/postgres" -D "$sockets/postgres" -c listen_addresses= \
    -c unix_socket_directories="$sockets" -c unix_socket_permissions=0700 -c port=5432 \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 \
    -c shared_buffers=64MB -c jit=off -c timezone=UTC "${scratch_postgres_options[@]}" </dev/null >"$scratch/postgres.log" 2>&1 &
  scratch_children+=("INT:$!")
  as_scratch_user TERM "$redis" --port 0 --unixsocket "$sockets/redis.sock" --unixsocketperm 700 \
    --dir "$sockets" --save '' --appendonly no --maxmemory-policy noeviction --daemonize no "${scratch_redis_options[@]}" \
    </dev/null >"$scratch/redis.log" 2>&1 &
  scratch_children+=("TERM:$!")

  await_server "${scratch_children[0]#*:}" "$scratch/postgres.log" \
    "$bin/createdb" --host "$sockets" --port 5432 --username codechecker --no-password codechecker ||
    return
  await_server "${scratch_children[1]#*:}" "$scratch/redis.log" test -S "$sockets/redis.sock" ||
    return
  await_server "${scratch_children[1]#*:}" "$scratch/redis.log" redis_answers || return
  export DATABASE_URL="postgres://codechecker@localhost/codechecker?host=$sockets&port=5432&sslmode=disable"
  export REDIS_URL="unix://$sockets/redis.sock"
}

stop_services() {
  local child tries
  for child in "${scratch_children[@]}"; do
    kill -s "${child%%:*}" "${child#*:}" 2>/dev/null || continue
    for ((tries = 0; tries < 100; tries++)); do
      kill -0 "${child#*:}" 2>/dev/null || continue 2
      sleep 0.1
    done
    kill -s KILL "${child#*:}" 2>/dev/null || true
  done
  scratch_children=()
  if [ -n "$scratch" ]; then rm -rf -- "$scratch"; fi
  scratch=''
}
