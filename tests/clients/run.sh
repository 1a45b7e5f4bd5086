#!/bin/sh
# Tries the API from outside, with tools that know nothing of its code: schemathesis with all checks, generated Python
# and TypeScript clients making live calls, and Redocly's lint.
#
#   cargo build && tests/clients/run.sh
#
# Needs python3 (with venv), node (with npm) and their registries; about five minutes. Everything is put into a
# temporary folder, which is deleted at the end. PORT chooses another port, CERTREG another program.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
certreg=${CERTREG:-$root/target/debug/certreg}
port=${PORT:-18480}
base=http://127.0.0.1:$port
work=$(mktemp -d)
server=

stop() {
    if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
    rm -rf "$work"
}
trap stop EXIT INT TERM

echo "== a registry with made-up certifications on $base"
"$certreg" bench-data --certifications 6 --versions 3 --data "$work/data"
"$certreg" serve --data "$work/data" --listen "127.0.0.1:$port" > "$work/server.log" 2>&1 &
server=$!
i=0
until python3 -c "import urllib.request; urllib.request.urlopen('$base/readyz')" 2> /dev/null; do
    i=$((i + 1))
    if [ "$i" -gt 60 ]; then cat "$work/server.log"; exit 1; fi
    sleep 0.5
done

echo "== Python: schemathesis and a generated client"
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "schemathesis>=4,<5" "openapi-python-client>=0.26" ruff
(
    cd "$work"
    PATH="$work/venv/bin:$PATH" openapi-python-client generate --url "$base/openapi.json" --meta none --output-path python_client --config "$here/python_client.yaml" --fail-on-warning
    cp "$here/live.py" .
    "$work/venv/bin/python" live.py "$base"
    cp "$here/schemathesis.toml" .
    # Who waits for changes is answered after 28 seconds at the latest.
    # A report asked by address: lists beyond 64 KiB end below the API (414, without a body). POST is the same report.
    "$work/venv/bin/schemathesis" run "$base/openapi.json" --exclude-operation-id-regex '^get_report_since' --checks all --max-examples "${EXAMPLES:-20}" --seed 1 --workers 1 --request-timeout 40 --max-response-time 30
)

echo "== TypeScript: a generated client, and lint"
(
    mkdir "$work/node"
    cd "$work/node"
    npm init --yes > /dev/null
    npm install --silent --no-fund --no-audit openapi-typescript@7 openapi-fetch typescript@5 tsx @types/node @redocly/cli
    npx openapi-typescript "$root/openapi/certreg.json" --output api.d.ts
    cp "$here/live.ts" .
    npx tsc --noEmit --strict --module esnext --moduleResolution bundler --target es2022 --types node --skipLibCheck live.ts
    npx tsx live.ts "$base"
    cp "$here/redocly.yaml" .
    npx redocly lint --config redocly.yaml "$root/openapi/certreg.json" "$root/openapi/certreg-3.0.json"
)

echo "== the server never failed"
if grep -q '"level":"error"' "$work/server.log"; then cat "$work/server.log"; exit 1; fi
python3 -c "import urllib.request; urllib.request.urlopen('$base/readyz')"
echo "all good"
