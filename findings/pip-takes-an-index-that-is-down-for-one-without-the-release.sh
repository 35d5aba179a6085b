#!/usr/bin/env bash
# pip 26.2 (and 23.2.1, 25.3): an index that answers every request with 503 Service Unavailable is reported as an index that does
# not have the release. pip asks six times, for about eight seconds, and then ends with exit code 1 and
#
#   ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)
#   ERROR: No matching distribution found for six==1.17.0
#
# Neither the status nor that anything went wrong is said, not even without --quiet. So a program that reads pip's words cannot tell
# a package that was withdrawn from an index that is down: "from versions: none" proves nothing.
#
# Seen on 2026-11-29, Python 3.11. Needs python3 with venv, and an index to install pip itself from.
set -euo pipefail

work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT

python3 -m venv "$work/python"
"$work/python/bin/python" -m pip install --quiet --disable-pip-version-check 'pip==26.2' 2> "$work/install.log"

cat > "$work/down.py" <<'PYTHON'
import http.server


class Down(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        with open("asked", "a") as asked:
            asked.write(self.path + "\n")
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Down)
with open("port", "w") as port:
    port.write(str(server.server_port))
server.serve_forever()
PYTHON
cd "$work"
python3 down.py &
server=$!
until [ -s port ]; do kill -0 "$server"; sleep 0.1; done

code=0
env -i PATH="$PATH" HOME="$work" PIP_CONFIG_FILE=/dev/null "$work/python/bin/python" -m pip download \
    --disable-pip-version-check --no-deps --dest wheels --index-url "http://127.0.0.1:$(cat port)/simple/" 'six==1.17.0' \
    > said.txt 2>&1 || code=$?
cat said.txt

[ "$code" -eq 1 ] || { echo "changed: exit code $code, not 1"; exit 1; }
grep -q 'No matching distribution found for six==1.17.0' said.txt || { echo "changed: pip no longer calls it an unknown release"; exit 1; }
! grep -qiE '503|unavailable|status' said.txt || { echo "changed: pip tells that the index is down"; exit 1; }
[ "$(grep -c '/simple/six/' asked)" -eq 6 ] || { echo "changed: asked $(grep -c '/simple/six/' asked) times, not 6"; exit 1; }
echo "as seen: 503 six times, told as a release that does not exist"
