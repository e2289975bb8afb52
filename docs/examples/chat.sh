#!/usr/bin/env bash
# A conversation with curl: log in, make a key, stream a completion, send a message to a session and read the history.
#   PARLEY_URL=http://127.0.0.1:6898 PARLEY_PASSWORD=... bash chat.sh
# On a socket, with wscat (npm):
#   npx wscat -c "ws://127.0.0.1:6898/ws/chat?token=$TOKEN&session_id=hello" -x '{"type":"message","content":"hello"}' -w 5
set -euo pipefail
url=${PARLEY_URL:-http://127.0.0.1:6898}
json='content-type: application/json'
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

echo "# log in"
token=$(curl -sS --fail-with-body "$url/api/v1/auth/login" -H "$json" \
  -d "{\"username\":\"${PARLEY_USERNAME:-admin}\",\"password\":\"$PARLEY_PASSWORD\"}" | field token)

echo "# an API key, which stands for the token everywhere"
key=$(curl -sS --fail-with-body "$url/api/v1/keys" -H "authorization: Bearer $token" -H "$json" \
  -d '{"name":"example"}' | field key)

echo "# a streamed completion"
curl -sS --fail-with-body -N "$url/v1/chat/completions" -H "authorization: Bearer $key" -H "$json" \
  -d '{"model":"ena-test","stream":true,"messages":[{"role":"user","content":"hello"}]}'

echo "# the page's chat, over server-sent events"
curl -sS --fail-with-body -N -G "$url/api/__yao/neo" -H "authorization: Bearer $key" --data-urlencode "content=hello"

echo "# what was said there"
curl -sS --fail-with-body "$url/api/__yao/neo/history" -H "authorization: Bearer $key"
echo
