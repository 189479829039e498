# Shared by ./run and ./test: what the machine must have, installed by apt when we may, named otherwise.
MISSING=""

need_dotnet() {
  command -v dotnet >/dev/null 2>&1 && dotnet --list-sdks 2>/dev/null | grep -q '^10\.'
}

# need_packages NAME...: installs the Debian packages that are not there; sets MISSING and fails when it may not.
need_packages() {
  local want=() name
  for name in "$@"; do
    dpkg-query -W -f '${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || want+=("$name")
  done
  [ ${#want[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    MISSING="run as root: apt-get install -y --no-install-recommends ${want[*]}"
    return 1
  fi
  echo "installing ${want[*]}"
  # Packages that bring a service must not start it beside us.
  local policy=/usr/sbin/policy-rc.d made=0
  if [ ! -e $policy ]; then printf '#!/bin/sh\nexit 101\n' > $policy && chmod +x $policy && made=1; fi
  local log; log=$(mktemp)
  { apt-get install -y -qq --no-install-recommends "${want[@]}" || { apt-get update -qq && apt-get install -y -qq --no-install-recommends "${want[@]}"; }; } > "$log" 2>&1 < /dev/null
  local status=$?
  [ $made -eq 1 ] && rm -f $policy
  if [ $status -ne 0 ]; then tail -5 "$log"; MISSING="apt-get could not install: ${want[*]}"; fi
  rm -f "$log"
  return $status
}

need_node() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] && return 0
  MISSING="Node.js 20 or newer with npm (nodejs.org, or your distribution's packages)"
  return 1
}

# build_client: bundles src/client into wwwroot when its sources are newer than the bundle.
build_client() {
  [ -f src/client/package.json ] || return 0
  need_node || { echo "$MISSING"; return 1; }
  local stamp=src/client/node_modules/.gateway-built
  if [ -f "$stamp" ] && [ -d wwwroot/phone ] && [ -f wwwroot/widget/integrity.json ] && [ -z "$(find src/client -path src/client/node_modules -prune -o -type f -newer "$stamp" -print -quit)" ]; then return 0; fi
  (cd src/client && npm ci --no-audit --no-fund --loglevel=error && npm run --silent build) || return 1
  touch "$stamp"
}

# run_client_tests DIR: npm test; adds to client_passed and client_failed.
run_client_tests() {
  [ -f src/client/package.json ] || return 0
  local log="$1/client.log"
  (cd src/client && npm test) > "$log" 2>&1
  local status=$?
  client_passed=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -oE '^# pass [0-9]+|Tests .* [0-9]+ passed|^ℹ pass [0-9]+' | grep -oE '[0-9]+( passed)?$' | grep -oE '[0-9]+' | tail -1); client_passed=${client_passed:-0}
  client_failed=$(sed 's/\x1b\[[0-9;]*m//g' "$log" | grep -oE '^# fail [0-9]+|[0-9]+ failed|^ℹ fail [0-9]+' | grep -oE '[0-9]+' | tail -1); client_failed=${client_failed:-0}
  [ $status -ne 0 ] && [ "$client_failed" -eq 0 ] && client_failed=1
  printf '%-32s %-7s\n' "client" "$([ $status -eq 0 ] && echo ok || echo FAILED)"
  [ $status -eq 0 ] || tail -40 "$log"
  return 0
}

# build_interop_clients: the SIP libraries and the Firefox driver that the interop tests load.
build_interop_clients() {
  local folder=tests/Gateway.Interop.Tests/clients
  need_node || { echo "$MISSING"; return 1; }
  [ -f $folder/dist/jssip.js ] && [ $folder/dist/jssip.js -nt $folder/package-lock.json ] && return 0
  (cd $folder && PUPPETEER_SKIP_DOWNLOAD=1 npm ci --no-audit --no-fund --loglevel=error && npm run --silent build)
}
