#!/usr/bin/env bash
# A NATS server with mutual TLS while a command runs: bash examples/cluster/nats.sh COMMAND..
#
# The command finds NATS_URL, and in the folder NATS_CERTS: ca.pem, and node-1.pem, node-1.key to node-4.*. Server, keys and certificates
# are gone afterwards. Exit code 2 if something is missing, else the command's.
set -euo pipefail

fail() {
    printf 'nats.sh: %s\n' "$*" >&2
    exit 2
}

[ "$#" -gt 0 ] || fail 'a command is missing'
server=$(PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v nats-server) ||
    fail 'nats-server is missing: apt-get install nats-server, or https://nats.io/download'
command -v openssl >/dev/null || fail 'openssl is missing: apt-get install openssl'

folder=$(mktemp -d)
pid=''
at_exit() {
    [ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; } || true
    rm -rf "$folder"
}
trap at_exit EXIT

key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$folder/$1.key" 2>/dev/null
}

# certificate NAME EXTENSIONS: signed by the CA
certificate() {
    key "$1"
    openssl req -new -key "$folder/$1.key" -subj "/CN=$1" -out "$folder/$1.csr"
    openssl x509 -req -in "$folder/$1.csr" -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -CAcreateserial -days 2 \
        -extfile <(printf '%b' "$2") -out "$folder/$1.pem" 2>/dev/null
}

key ca
openssl req -x509 -new -key "$folder/ca.key" -subj '/CN=cluster' -days 2 -out "$folder/ca.pem" \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign'
certificate server 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n'
for node in node-1 node-2 node-3 node-4; do
    certificate "$node" "subjectAltName=DNS:$node\nextendedKeyUsage=clientAuth\n"
done

# Any free port; the server writes down which.
cat >"$folder/nats.conf" <<CONF
listen: "127.0.0.1:-1"
ports_file_dir: "$folder"
tls {
    cert_file: "$folder/server.pem"
    key_file: "$folder/server.key"
    ca_file: "$folder/ca.pem"
    verify: true
}
CONF
"$server" -c "$folder/nats.conf" >"$folder/log" 2>&1 &
pid=$!

port=''
for _ in $(seq 100); do
    port=$(sed -nE 's/.*127\.0\.0\.1:([0-9]+).*/\1/p' "$folder/nats-server_$pid.ports" 2>/dev/null | head -1) || true
    [ -z "$port" ] || break
    kill -0 "$pid" 2>/dev/null || { cat "$folder/log" >&2; pid=''; fail 'nats-server did not start'; }
    sleep 0.1
done
[ -n "$port" ] || { cat "$folder/log" >&2; fail 'nats-server did not say its port'; }

code=0
NATS_URL="tls://localhost:$port" NATS_CERTS="$folder" "$@" || code=$?
exit "$code"
