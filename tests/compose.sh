#!/usr/bin/env bash
# The compose stack on a real Docker engine, used as the README says: every command of it, and everything that can be unplugged.
#
#   ./tests/compose.sh [SCENARIO…]     all of them, or those at the end of this file that are named
#
# It works in a copy of the project, as a compose project of its own, on a free port.
#
# Where no engine with a current compose answers, it says so and ends with 0.
set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=local-runtime/services.sh
source "$root/local-runtime/services.sh"

# The shell's own variables would win over those of the tests' .env.
for name in $(sed -n 's/^\(# \)\{0,1\}\([A-Z_]*\)=.*/\2/p' "$root/.env.example"); do
  unset "$name"
done
project=code-checker-tests-$$
export COMPOSE_PROJECT_NAME=$project
work=''
passed=0
failure=''
token=5d41402abc4b2a76b9719d911017c592
password=0f8a5b1c9d2e4f60718293a4b5c6d7e8
key=sk-of-the-environment-0001
load=''

# Said once more in the last line, below the logs.
fail() {
  failure=$*
  printf 'error: %s\n' "$*" >&2
  return 1
}

cleanup() {
  local status=$?
  set +e
  if [ -n "$load" ]; then kill "$load" 2>/dev/null; fi
  if [ -n "$work" ]; then
    if [ "$status" -ne 0 ]; then
      say 'failed; the containers and their last words:'
      docker compose ps --all >&2
      docker compose logs --tail 25 >&2
    fi
    docker compose --profile '*' down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1
    docker image rm "$project" "$project-judge" >/dev/null 2>&1
    cd / && rm -rf -- "$work"
  fi
  if [ "$status" -ne 0 ]; then printf '%s passed, 1 failed: %s\n' "$passed" "$failure"; fi
  exit "$status"
}

scenario() {
  printf '\n== compose, %s s: %s\n' "$SECONDS" "$*"
}

pass() {
  passed=$((passed + 1))
  printf '   ok: %s\n' "$*"
}

# Passes if the last arguments succeed as a command.
check() {
  local name=$1
  shift
  "$@" || fail "$name"
  pass "$name"
}

# Passes if the text $2 contains $3.
contains() {
  case $2 in
  *"$3"*) pass "$1" ;;
  *) fail "$1: '$3' is not in: $2" ;;
  esac
}

# Passes if $2 equals $3.
equals() {
  [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"
  pass "$1"
}

# Tries a command until it succeeds, for as long as a container may take.
await() {
  local end=$((SECONDS + 90))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || fail "gave up waiting for: $*" || return
    sleep 0.2
  done
}

# Writes .env: the values of every test, and those in the arguments.
environment() {
  printf '%s\n' "CODE_CHECKER_IMAGE=$project" "PORT=$port" COMPOSE_PROFILES=test \
    OPENAI_BASE_URL=http://model:8000/v1 "$@" >.env
}

in_plain() {
  environment COMPOSE_FILE=docker-compose.yml:tests/compose/model.yml "OPENAI_API_KEY=$key" "DB_PASSWORD=$password" \
    "SETTINGS_TOKEN=$token" "$@"
}

up() {
  docker compose up -d --wait --wait-timeout 120 --remove-orphans >>"$work/up.log" 2>&1 || {
    tail -n 20 "$work/up.log" >&2
    fail 'the stack did not come up'
  }
}

empty() {
  docker compose --profile '*' down --volumes --remove-orphans --timeout 5 >/dev/null 2>&1
}

container() { docker compose ps --all --quiet "$1"; }

inspect() { docker inspect --format "$2" "$(container "$1")"; }

healthy() { [ "$(inspect "$1" '{{.State.Health.Status}}')" = healthy ]; }

pid() { inspect "$1" '{{.State.Pid}}'; }

client() { docker compose exec -T model python3 /tests/client.py "$@"; }

# The base URL inside the stack.
inside=http://code-checker:3000

http() { curl --silent --show-error --max-time 30 "$@"; }

status_of() { http --output /dev/null --write-out '%{http_code}' "$@"; }

as_admin() { http --header "authorization: Bearer $token" "$@"; }

sql() { docker compose exec -T postgres psql -XqAt -c "$1"; }

count() { sql 'SELECT count(*) FROM submissions'; }

# Checks the words of a container that cannot start.
says() {
  local service=$1 text=$2
  contained() { docker compose logs --no-log-prefix "$service" 2>&1 | grep -F -- "$text"; }
  await contained
  pass "$service says: $text"
}

free_port() {
  local candidate
  for candidate in $(shuf -i 20000-30000 -n 50); do
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$candidate") 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
}

prerequisites() {
  local version
  if ! docker info >/dev/null 2>&1; then
    say 'skipped: the compose stack, as no Docker engine answers'
    exit 0
  fi
  version=$(docker compose version --short 2>/dev/null || true)
  if [ "$(printf '%s\n' 2.26.0 "$version" | sort -V | head -n 1)" != 2.26.0 ]; then
    say "skipped: the compose stack, as there is no docker compose from 2.26 on ($version)"
    exit 0
  fi
  if ! command -v curl >/dev/null; then
    say 'missing for the tests: curl'
    case $(package_manager) in
    apt-get) apt_install curl ;;
    dnf) as_root dnf -y install curl >&2 ;;
    apk) as_root apk add curl >&2 ;;
    *) fail 'install curl and run this again' ;;
    esac
  fi
}

the_project() {
  work=$(mktemp -d)
  trap cleanup EXIT
  (cd -- "$root" && tar --create --exclude=./.git --exclude=./target --exclude=./tests/.tools --exclude=./.env --exclude=./secrets .) |
    tar --extract --directory "$work"
  cd -- "$work"
  port=$(free_port)
}

missing_variables() {
  scenario 'a fresh .env'
  local name message
  for name in OPENAI_API_KEY DB_PASSWORD SETTINGS_TOKEN; do
    in_plain
    sed -i "s/^$name=.*/$name=/" .env
    if message=$(docker compose up -d 2>&1); then fail "it started without $name"; fi
    contains "without $name it says so" "$message" "required variable $name is missing a value: set it in .env"
  done
}

the_image() {
  scenario 'the image'
  local arguments=() size
  in_plain
  # Where nothing is built yet, the command for a clean build costs no more.
  if [ -z "$(docker images --quiet --filter label=org.opencontainers.image.title=CodeChecker)" ]; then arguments=(--no-cache); fi
  docker compose build "${arguments[@]}" >"$work/build.log" 2>&1 || {
    tail -n 40 "$work/build.log" >&2
    fail 'the image was not built'
  }
  pass "docker compose build ${arguments[*]}"
  size=$(docker save "$project" | gzip -1 | wc -c)
  check "it has at most 40 MB compressed ($((size / 1000000)) MB)" test "$size" -le 40000000
  equals 'its user is nobody else' "$(docker image inspect --format '{{.Config.User}}' "$project")" 65532:65532
  contains 'it has labels' "$(docker image inspect --format '{{json .Config.Labels}}' "$project")" '"org.opencontainers.image.licenses":"MIT"'
  contains 'it checks its health' "$(docker image inspect --format '{{json .Config.Healthcheck}}' "$project")" '["CMD","code-checker","healthy"]'
  check 'no layer and no setting of it holds a secret' not_in_image
}

not_in_image() {
  ! docker image history --no-trunc --format '{{.CreatedBy}}' "$project" | grep -E "$token|$password|$key" &&
    ! docker image inspect "$project" | grep -E "$token|$password|$key" &&
    ! files_of_the_image | grep -aE "$token|$password|$key" >/dev/null
}

files_of_the_image() {
  local created
  created=$(docker create "$project")
  docker export "$created"
  docker rm "$created" >/dev/null
}

first_start() {
  scenario 'from nothing to a result'
  up
  contains 'ready' "$(http "http://localhost:$port/health/ready")" '"status":"ready"'
  contains 'the page is there' "$(http "http://localhost:$port/")" '<title>'
  local id
  id=$(client submit "$inside")
  check 'a submission is completed' client await "$inside" "$id"
  contains 'its page is there' "$(http "http://localhost:$port/submissions/$id")" '<title>'
}

isolation() {
  scenario 'only the published port is reachable, and a container may do little'
  local service published
  for service in postgres redis; do
    published=$(docker compose ps --format '{{.Ports}}' "$service")
    case $published in *'->'*) fail "$service publishes a port: $published" ;; esac
    equals "$service is on the private network alone" \
      "$(inspect "$service" '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}')" "${project}_private"
  done
  for number in 5432 6379; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$number") 2>/dev/null && docker ps --format '{{.Ports}}' --filter "name=$project" | grep -q ":$number->"; then
      fail "port $number is open"
    fi
    pass "port $number of the host is none of ours"
  done
  equals 'the private network leads nowhere' "$(docker network inspect --format '{{.Internal}}' "${project}_private")" true
  contains 'only 3000 is published' "$(docker compose ps --format '{{.Ports}}' code-checker)" ":$port->3000/tcp"
  for service in code-checker postgres redis; do
    equals "$service: read-only, no capabilities, no new privileges, restarted, its log bounded" \
      "$(inspect "$service" '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.RestartPolicy.Name}} {{index .HostConfig.LogConfig.Config "max-size"}}')" \
      'true [ALL] [no-new-privileges:true] unless-stopped 10m'
    check "$service does not run as root" runs_unprivileged "$service"
  done
  equals 'memory of postgres' "$(inspect postgres '{{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}}')" '209715200 104857600'
  equals 'memory of redis' "$(inspect redis '{{.HostConfig.Memory}} {{.HostConfig.MemoryReservation}}')" '104857600 52428800'
  equals 'redis keeps an append-only file and evicts nothing' \
    "$(docker compose exec -T redis redis-cli config get append*only | tail -n 1) $(docker compose exec -T redis redis-cli config get maxmemory-policy | tail -n 1)" 'yes noeviction'
}

runs_unprivileged() {
  is_here "$(pid "$1")" || return 0
  [ "$(stat --format %u "/proc/$(pid "$1")")" -ne 0 ] && grep -q '^CapEff:\s*0*$' "/proc/$(pid "$1")/status"
}

# Whether a container's process is one of this machine's: the engine may be another one's.
is_here() { [ "${1:-0}" -gt 1 ] && [ "$(docker info --format '{{.Name}}')" = "$(uname -n)" ] && [ -d "/proc/$1" ]; }

# Kills the process of a container, which counts as a crash; `docker kill` would count as a stop by hand.
crash() {
  local process
  process=$(docker inspect --format '{{.State.Pid}}' "$1")
  is_here "$process" || fail 'the container does not run on this machine'
  as_root kill -9 "$process"
}

# MB of memory that are a container's own, where the kernel's count can be read.
own_memory() {
  local group file
  group=$(sed -n 's/^[0-9]*:\(memory\)\{0,1\}:\(.*\)/\1\2/p' "/proc/$(pid "$1")/cgroup" | head -n 1)
  file=/sys/fs/cgroup/$group/memory.stat
  awk '$1 == "anon" || $1 == "total_rss" || $1 == "shmem" || $1 == "total_shmem" { sum[$1] = $2 }
    END { print int((("anon" in sum ? sum["anon"] + sum["shmem"] : sum["total_rss"] + sum["total_shmem"])) / 1000000) }' "$file"
}

commands() {
  scenario 'the commands of the document'
  contains 'docker compose ps' "$(docker compose ps)" healthy
  contains 'docker compose exec postgres pg_isready' "$(docker compose exec -T postgres pg_isready)" 'accepting connections'
  equals 'docker compose exec redis redis-cli ping' "$(docker compose exec -T redis redis-cli ping)" PONG
  contains 'docker compose logs -f code-checker' "$(timeout 3 docker compose logs -f code-checker)" 'CodeChecker is on'
  contains 'docker compose logs -f' "$(timeout 3 docker compose logs -f 2>&1)" 'ready to accept connections'
  contains 'docker compose logs --since 1h' "$(docker compose logs --since 1h 2>&1)" code-checker
  contains 'docker stats' "$(docker stats --no-stream)" "$project"
  contains 'docker compose exec postgres psql -U codechecker' \
    "$(docker compose exec -T postgres psql -U codechecker <<<'SELECT current_database(), current_user;')" 'codechecker      | codechecker'
  contains 'docker compose exec postgres pg_stat_activity' "$(docker compose exec -T postgres pg_stat_activity)" 'code-checker'
  contains 'redis-cli: keys *' "$(docker compose exec -T redis redis-cli <<<'keys *')" bull:code-analysis:meta
  equals 'redis-cli: llen of the jobs that wait' "$(docker compose exec -T redis redis-cli llen bull:code-analysis:wait)" 0
  docker compose restart code-checker >/dev/null 2>&1
  await healthy code-checker
  pass 'docker compose restart code-checker'
}

own_addresses() {
  scenario "a client's address is not what it says"
  local number
  for number in 1 2 3 4 5; do
    status_of --header "x-forwarded-for: 198.51.100.$number" --json '{"token": "a wrong one"}' "http://localhost:$port/api/v1/session" >/dev/null
  done
  equals 'after five failed logins with five addresses the sixth waits' \
    "$(status_of --header 'x-forwarded-for: 198.51.100.6' --json '{"token": "a wrong one"}' "http://localhost:$port/api/v1/session")" 429
  docker compose exec -T redis sh -c 'redis-cli --scan --pattern "*logins*" | xargs redis-cli del' >/dev/null
}

memory() {
  scenario 'memory'
  local ids service used sum=0
  if ! is_here "$(pid code-checker)"; then
    say 'skipped: memory, as the containers do not run on this machine'
    return
  fi
  ids=$(client submit "$inside" 20)
  # shellcheck disable=SC2086 # a list
  check 'twenty submissions are completed' client await "$inside" $ids
  for service in code-checker postgres redis; do
    used=$(own_memory "$service")
    printf '   %s: %s MB\n' "$service" "$used"
    sum=$((sum + used))
    equals "$service was never out of memory" "$(inspect "$service" '{{.State.OOMKilled}} {{.RestartCount}}')" 'false 0'
  done
  check "the stack has less than 300 MB ($sum)" test "$sum" -lt 300
  # Screenshots are large, and nothing of them stays.
  used=$(own_memory code-checker)
  ids=$(client images "$inside" 12)
  # shellcheck disable=SC2086 # a list
  check 'twelve submissions with three screenshots each are completed' client await "$inside" $ids
  gave_back() { [ "$(own_memory code-checker)" -le $((used + 15)) ]; }
  await gave_back
  pass "the memory for them is given back ($(own_memory code-checker) MB after $used)"
  equals 'nothing was killed for memory' "$(inspect code-checker '{{.State.OOMKilled}} {{.RestartCount}}') $(inspect postgres '{{.State.OOMKilled}} {{.RestartCount}}')" 'false 0 false 0'
}

kills() {
  scenario 'kill -9 of each'
  local service ids before
  if ! is_here "$(pid code-checker)"; then
    say 'skipped: kill -9, as the containers do not run on this machine'
    return
  fi
  curl_slow 1
  for service in postgres redis code-checker; do
    ids=$(client submit "$inside" 3)
    before=$(inspect "$service" '{{.RestartCount}}')
    crash "$(container "$service")"
    restarted() { [ "$(inspect "$service" '{{.RestartCount}}')" -gt "$before" ] && healthy "$service" && healthy code-checker; }
    await restarted
    # shellcheck disable=SC2086 # a list
    check "$service is back, and what was under way is completed" client await "$inside" $ids
  done
  curl_slow 0.1
}

# How long the model takes for each answer, in seconds.
curl_slow() {
  docker compose exec -T model python3 -c \
    "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/slow?$1', b'')"
}

stops() {
  scenario 'SIGTERM with work'
  local ids
  curl_slow 30
  ids=$(client submit "$inside" 3)
  working() { [ "$(sql "SELECT count(*) FROM submissions WHERE status = 'PROCESSING'")" = 3 ]; }
  await working
  docker compose stop code-checker >/dev/null 2>&1
  equals 'it ends with 0' "$(inspect code-checker '{{.State.ExitCode}}')" 0
  equals 'the work is handed back' "$(sql "SELECT count(*) FROM submissions WHERE status = 'QUEUED'")" 3
  curl_slow 0.1
  up
  # shellcheck disable=SC2086 # a list
  check 'and completed after the next start' client await "$inside" $ids
}

volumes() {
  scenario 'down and up'
  local before
  before=$(count)
  docker compose down --timeout 20 >/dev/null 2>&1
  up
  equals 'the submissions are there' "$(count)" "$before"
  contains 'the queue is there' "$(docker compose exec -T redis redis-cli <<<'keys *')" bull:code-analysis:meta
}

# Restores a backup as the document says; prints what is said, and returns the exit code.
restore() {
  # shellcheck disable=SC2002 # as it is written there
  cat "$1" | docker compose exec -T postgres psql -U codechecker codechecker 2>&1
}

# A short fingerprint of the database's contents.
content() {
  docker compose exec -T postgres pg_dump -U codechecker codechecker | grep -v '^\\\(un\)\?restrict' | sha256sum
}

backup() {
  scenario 'backup and restore'
  local said before stages
  equals 'a key is saved' "$(as_admin --output /dev/null --write-out '%{http_code}' --request PATCH --json \
    '{"OPENAI_API_KEY": "sk-saved-in-the-panel-7777"}' "http://localhost:$port/api/v1/settings")" 200
  docker compose exec postgres pg_dump -U codechecker codechecker >backup.sql </dev/null
  check 'docker compose exec postgres pg_dump -U codechecker codechecker > backup.sql' grep -q 'dump complete' backup.sql
  stages=$(sql 'SELECT count(*) FROM stages')

  before=$(content)
  if said=$(restore backup.sql); then fail 'a restore into a database in use ended with 0'; fi
  contains 'a restore into a database in use says that nothing was restored' "$said" 'nothing was restored'
  equals 'and changes nothing' "$(content)" "$before"

  # A database that is newer in one table, and lacks another that the backup would make first.
  sql 'ALTER TABLE settings RENAME TO aardvarks'
  before=$(content)
  if said=$(restore backup.sql); then fail 'a restore into a newer database ended with 0'; fi
  equals 'a restore into a newer one changes nothing' "$(content)" "$before"
  sql 'ALTER TABLE aardvarks RENAME TO settings'

  local -a over_all=(docker compose exec postgres psql -d postgres -c 'DROP DATABASE codechecker WITH (FORCE)' -c 'CREATE DATABASE codechecker')
  "${over_all[@]}" >/dev/null </dev/null
  before=$(content)
  for lines in 0 1 2 30 60 "$(($(wc -l <backup.sql) / 2))" "$(($(wc -l <backup.sql) - 8))"; do
    head -n "$lines" backup.sql >cut.sql
    if said=$(restore cut.sql); then fail "a backup of $lines lines was restored"; fi
    equals "a backup that is cut off after $lines lines changes nothing" "$(content)" "$before"
  done
  check 'the two commands that restore over everything, while it runs' restore_quietly
  equals 'every submission and stage is there' "$(count) $(sql 'SELECT count(*) FROM stages')" "$(grep_count) $stages"
  await healthy code-checker
  local id
  id=$(client submit "$inside")
  check 'it goes on working' client await "$inside" "$id"

  empty
  in_plain
  docker compose up -d --wait postgres >/dev/null 2>&1
  check 'a restore into an empty database' restore_quietly
  up
  contains 'the sealed key is open with the same DB_PASSWORD' "$(as_admin "http://localhost:$port/api/v1/settings")" 7777
  id=$(client submit "$inside")
  check 'and a submission is completed' client await "$inside" "$id"

  empty
  in_plain "DB_PASSWORD=another-${password}"
  docker compose up -d --wait postgres >/dev/null 2>&1
  restore_quietly
  up
  said=$(as_admin "http://localhost:$port/api/v1/settings")
  contains 'with another it says so' "$said" 'It was sealed with a key that is gone'
  empty
}

restore_quietly() { restore backup.sql >"$work/restore.log" || { tail -n 5 "$work/restore.log" >&2 && return 1; }; }

grep_count() { sed -n '/^COPY public.submissions /,/^\\\.$/p' backup.sql | sed '1d;$d' | wc -l; }

bad_values() {
  scenario 'values that cannot be used'
  in_plain SETTINGS_TOKEN=short
  docker compose up -d >/dev/null 2>&1
  says code-checker 'code-checker: SETTINGS_TOKEN must have at least 16 characters (try: openssl rand -hex 24)'
  in_plain DB_PASSWORD=change-me
  docker compose up -d >/dev/null 2>&1
  says code-checker 'code-checker: DB_PASSWORD is a placeholder: set the real one'
  in_plain "DB_PASSWORD=another-$password"
  docker compose up -d >/dev/null 2>&1
  says code-checker 'code-checker: the database refuses the user, the password or the name of the database: DB_PASSWORD'
  # As Troubleshooting in the README says.
  docker compose exec -T postgres psql -c "ALTER USER codechecker PASSWORD 'another-$password'" >/dev/null
  await healthy code-checker
  pass "it starts after the volume's password is changed"
  empty

  local said holder
  in_plain
  holder=$(docker run --detach --rm --publish "$port:80" nginx:alpine)
  if said=$(docker compose up -d 2>&1); then fail 'it started on an occupied port'; fi
  docker stop --time 1 "$holder" >/dev/null
  contains 'an occupied port' "$said" "$port"
  empty
}

secret_files() {
  mkdir -p -m 700 secrets
  printf %s "$key" >secrets/openai_api_key
  echo "$password" >secrets/db_password
  echo "$token" >secrets/settings_token
  chmod 644 secrets/*
}

in_secrets() {
  environment COMPOSE_FILE="local-runtime/compose/secrets.yml:tests/compose/model.yml$1" TESTS_FOLDER=../../tests/compose \
    BASE_FILE=secrets.yml NGINX_CONF=./nginx.conf "OPENAI_API_KEY=" DB_PASSWORD= SETTINGS_TOKEN=
}

secrets() {
  scenario 'Docker secrets'
  local id service
  secret_files
  in_secrets ''
  up
  id=$(client submit "$inside")
  check 'a submission is completed' client await "$inside" "$id"
  for service in code-checker postgres; do
    check "no secret is in the environment of $service" not_in_environment "$service"
  done
  equals 'the token of the file is the admin' "$(status_of --header "authorization: Bearer $token" "http://localhost:$port/api/v1/settings")" 200
  as_admin --request PATCH --json '{"OPENAI_API_KEY": "sk-saved-in-the-panel-7777"}' "http://localhost:$port/api/v1/settings" >/dev/null

  local old=$token
  token=rotated-$token
  echo "$token" >secrets/settings_token
  docker compose restart code-checker >/dev/null 2>&1
  await healthy code-checker
  equals 'after a rotation the new token is' "$(status_of --header "authorization: Bearer $token" "http://localhost:$port/api/v1/settings")" 200
  equals 'and the old one is not' "$(status_of --header "authorization: Bearer $old" "http://localhost:$port/api/v1/settings")" 401
  contains 'nothing is lost, not even the sealed key' "$(as_admin "http://localhost:$port/api/v1/settings")" 7777
  equals 'the submission is there' "$(status_of "http://localhost:$port/api/v1/submissions/$id")" 200

  chmod 600 secrets/settings_token
  docker compose up -d --force-recreate code-checker >/dev/null 2>&1
  says code-checker 'code-checker: SETTINGS_TOKEN_FILE names a file that cannot be read'
  chmod 644 secrets/settings_token
}

not_in_environment() { ! docker inspect --format '{{json .Config}}' "$(container "$1")" | grep -E "$token|$password|$key"; }

containers() { docker compose ps --quiet code-checker; }

# Three containers, one after the other, each when the one before is healthy again.
rolling_restart() {
  local one
  for one in $(containers); do
    docker restart "$one" >/dev/null
    await container_healthy "$one"
  done
}

container_healthy() { [ "$(docker inspect --format '{{.State.Health.Status}}' "$1")" = healthy ]; }

under_load() {
  local name=$1 report ids
  shift
  mkfifo "$work/load"
  docker compose exec -T model python3 /tests/client.py load http://nginx <"$work/load" >"$work/report" &
  load=$!
  exec 9>"$work/load"
  sleep 1
  "$@"
  exec 9>&-
  wait "$load"
  load=''
  rm "$work/load"
  report=$(head -n 5 "$work/report")
  printf '   %s\n' "$(head -n 1 "$work/report")"
  contains "$name: no request fails" ":$report" ':0 of '
  ids=$(sed -n 's/^ids //p' "$work/report")
  # shellcheck disable=SC2086 # a list
  check "$name: no job is lost" client await http://nginx $ids
}

kill_one() {
  local one before
  one=$(containers | head -n 1)
  before=$(docker inspect --format '{{.RestartCount}}' "$one")
  crash "$one"
  came_back() { [ "$(docker inspect --format '{{.RestartCount}}' "$one")" -gt "$before" ] && container_healthy "$one"; }
  await came_back
}

stop_one() {
  local one
  one=$(containers | tail -n 1)
  docker stop "$one" >/dev/null
  docker start "$one" >/dev/null
  await container_healthy "$one"
}

# As the README says of an upgrade.
replace_all() {
  local old
  for old in $(containers); do
    docker compose up -d --no-recreate --wait --scale code-checker=4 code-checker >/dev/null 2>&1
    docker stop "$old" >/dev/null
    docker rm "$old" >/dev/null
  done
  docker compose up -d --wait >/dev/null 2>&1
}

scale() {
  scenario 'several containers behind nginx'
  secret_files
  in_secrets :local-runtime/compose/scale.yml
  empty
  up
  equals 'three containers serve' "$(containers | wc -l)" 3
  contains 'nginx has the port' "$(docker compose ps --format '{{.Ports}}' nginx)" ":$port->80/tcp"
  contains 'and leads to them' "$(http "http://localhost:$port/health/ready")" '"status":"ready"'
  curl_slow 1
  # Each event is printed with the state at the moment when it came.
  check 'events pass nginx as they come' events_are_early
  curl_slow 0.1
  own_addresses
  check 'their connections fit' test "$(sql "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")" -lt 37
  under_load 'rolling restart' rolling_restart
  local before
  before=$(containers | sort)
  under_load 'replacing each' replace_all
  equals 'three others serve' "$(comm -13 <(echo "$before") <(containers | sort) | wc -l) $(containers | wc -l)" '3 3'
  if is_here "$(docker inspect --format '{{.State.Pid}}' "$(containers | head -n 1)")"; then under_load 'kill -9 of one' kill_one; fi
  check 'nginx keeps within its memory under large bodies' client images http://nginx 8
  equals 'and was not killed' "$(inspect nginx '{{.State.OOMKilled}} {{.RestartCount}}')" 'false 0'
  under_load 'docker stop of one' stop_one
  docker compose stop worker >/dev/null 2>&1
  local id
  id=$(client submit http://nginx)
  equals 'without its worker nobody works' "$(sql "SELECT status FROM submissions WHERE id = '$id'")" QUEUED
  docker compose start worker >/dev/null 2>&1
  check 'with it the work is done' client await http://nginx "$id"
}

events_are_early() {
  local events
  events=$(client events http://nginx)
  printf '   %s\n' "$events"
  grep -q '^change ' <<<"$events" && ! grep -q COMPLETED <<<"$events"
}

# A file with a source of packages for a build whose base image has none: this machine's own.
apt_sources() {
  if ! docker run --rm debian:trixie-slim sh -c 'test -z "$(ls /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null)"'; then return; fi
  apt-get --print-uris update 2>/dev/null | sed -n "s#^'\(http:[^']*\)/dists/[a-z]*/InRelease'.*#deb \1 trixie main#p" | head -n 1
}

# With the address at which the judge is asked, seen from the host.
attacks() { client attacks "$inside" "$1" <"tests/fixtures/attacks/$2"; }

# Tries from within the judge's container to open a connection.
judge_reaches() {
  docker compose exec -T judge python3 -c "import socket; socket.create_connection(('$1', $2), 3)" >/dev/null 2>&1
}

judge_says() { contains "$1" "$(http --json "$2" "http://localhost:$port/api/v1/check")" "$3"; }

the_judge() {
  scenario 'the judge'
  local sources="$work/apt-sources" said before
  apt_sources >"$sources"
  docker build --target judge --secret "id=apt-sources,src=$sources" -t "$project-judge" . >"$work/judge.log" 2>&1 || {
    tail -n 40 "$work/judge.log" >&2
    fail 'the image of the judge was not built'
  }
  pass 'docker build --target judge'
  in_plain COMPOSE_PROFILES=test,judge JUDGE_URL=http://judge:3000 "JUDGE_IMAGE=$project-judge" SUBMISSIONS_PER_MINUTE=0
  empty
  up
  await healthy judge
  runs_programs() { http "http://localhost:$port/health/ready" | grep -q 'C++17'; }
  await runs_programs
  contains 'it says what it can run' "$(http "http://localhost:$port/health/ready")" Python

  equals 'it is hardened' "$(inspect judge '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}} {{.HostConfig.PidsLimit}} {{.HostConfig.Memory}} {{len .Mounts}}')" \
    'true [ALL] [no-new-privileges:true] false 128 536870912 0'
  check 'it does not run as root' runs_unprivileged judge
  equals 'it is on a network of its own' "$(inspect judge '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}')" "${project}_judging"
  equals 'which leads nowhere' "$(docker network inspect --format '{{.Internal}}' "${project}_judging")" true
  for said in 'postgres 5432' 'redis 6379' 'model 8000' '1.1.1.1 443'; do
    # shellcheck disable=SC2086 # a host and a port
    if judge_reaches $said; then fail "the judge reaches $said"; fi
    pass "it does not reach $said"
  done
  if docker inspect --format '{{json .Config.Env}}' "$(container judge)" | grep -E "$token|$password|$key"; then fail 'the judge knows a secret'; fi
  pass 'it knows no secret'

  judge_says 'a right answer' '{"language": "C++", "code": "#include <bits/stdc++.h>\nint main() { int a, b; std::cin >> a >> b; std::cout << a + b; }", "samples": [{"input": "1 2", "output": "3"}]}' '"AC"'
  judge_says 'a wrong answer' '{"language": "Python", "code": "a, b = map(int, input().split())\nprint(a - b)", "samples": [{"input": "1 2", "output": "3"}]}' '"WA"'
  check 'no attack of a compiled program is possible' attacks c attacks.c
  check 'no attack of a Python program is possible' attacks python3 attacks.py
  before=$(inspect judge '{{.State.OOMKilled}} {{.RestartCount}}')
  judge_says 'a memory bomb' '{"language": "C", "code": "#include <stdlib.h>\n#include <string.h>\nint main(void) { for (;;) { char *p = malloc(1 << 20); if (p) memset(p, 1, 1 << 20); } }", "samples": [{"input": ""}]}' '"MLE"'
  judge_says 'a fork bomb' '{"language": "C", "code": "#include <unistd.h>\nint main(void) { for (;;) fork(); }", "samples": [{"input": ""}], "time_limit_ms": 300}' '"TLE"'
  judge_says 'a compiler that never ends' '{"language": "C++", "code": "constexpr int f(int n) { return n < 2 ? 1 : f(n - 1) + f(n - 2); }\nint main() { static_assert(f(60) > 0); }", "samples": [{"input": ""}]}' '"CE"'
  equals 'the container survives them' "$(inspect judge '{{.State.OOMKilled}} {{.RestartCount}}')" "$before"
  said=$(client submit "$inside" 3)
  # shellcheck disable=SC2086 # a list
  check 'submissions are completed' client await "$inside" $said
  equals 'and their programs were run' "$(sql "SELECT count(*) FROM stages WHERE stage = 'verification' AND result->'tests'->0->'before'->>'verdict' = 'WA'")" 3
  if is_here "$(pid judge)"; then
    printf '   at rest it has %s MB\n' "$(own_memory judge)"
    crash "$(container judge)"
    await healthy judge
    await runs_programs
    judge_says 'after kill -9 it is back' '{"language": "Python", "code": "print(3)", "samples": [{"input": "1 2", "output": "3"}]}' '"AC"'
  fi
  docker compose stop judge >/dev/null 2>&1
  equals 'without it a check says so' "$(status_of --json '{"language": "C", "code": "x", "samples": [{"input": ""}]}' "http://localhost:$port/api/v1/check")" 503
  said=$(client submit "$inside")
  check 'and a submission is completed all the same' client await "$inside" "$said"
  empty
  docker image rm "$project-judge" >/dev/null 2>&1
  in_plain
}

prerequisites
the_project
missing_variables
the_image
scenarios=("$@")
# One after the other, on what the one before has left.
[ $# -gt 0 ] || scenarios=(first_start isolation commands own_addresses memory kills stops volumes backup bad_values the_judge secrets scale)
for scenario in "${scenarios[@]}"; do
  "$scenario"
done
empty
printf '\n%s s\n%s passed, 0 failed\n' "$SECONDS" "$passed"
