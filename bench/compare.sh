#!/usr/bin/env bash
# compare.sh: our gateway and the peers of Debian under the same load, one after the other, server on core 0, generator on
# core 1; medians as a table, raw lines in bench/results.
#   bench/compare.sh [-n PASSES] [media] [sip] [load]       (default: -n 3 and all three)
# media and sip need the generators mediagen and sipblast: PERF_RIG names the folder that holds c/mediagen.c and
# c/sipblast.c; PERF_BIN one that holds them built. CALLS="100 500" and RATE=200 change the loads, SECS the window.
set -euo pipefail
cd "$(dirname "$0")/.."
passes=3
while getopts n: flag; do case $flag in n) passes=$OPTARG ;; *) exit 2 ;; esac; done
shift $((OPTIND - 1))
groups=${*:-media sip load}
calls=${CALLS:-100 1000} rate=${RATE:-200} secs=${SECS:-5}
bench=bench/Gateway.Bench/bin/Release/net10.0/Gateway.Bench.dll
web=src/Gateway.Web/bin/Release/net10.0/Gateway.Web.dll
[ -n "${NO_BUILD:-}" ] || dotnet build -c Release bench/Gateway.Bench -v q -nologo -clp:ErrorsOnly
work=$(mktemp -d)
mkdir -p bench/results
out=$PWD/bench/results/$(date +%Y%m%d-%H%M%S).txt
server_pid=
stop() { # ends the server of the last row
    [ -z "$server_pid" ] && return
    kill -TERM "$server_pid" 2>/dev/null || true
    timeout 15 tail --pid="$server_pid" -f /dev/null || kill -KILL "$server_pid" 2>/dev/null || true
    server_pid=
}
trap 'stop; rm -rf "$work"' EXIT
fast=(); [ "$(id -u)" = 0 ] && fast=(nice -n -10)
ulimit -n "$(ulimit -Hn)"
server() { "${fast[@]}" taskset -c 0 "$@" > "$work/server.log" 2>&1 & server_pid=$!; }
generator() { "${fast[@]}" timeout 180 taskset -c 1 "$@" | tee -a "$out"; }
until_true() { for _ in $(seq 150); do "$@" > /dev/null 2>&1 && return; sleep 0.1; done; echo "not ready: $*" >&2; tail -5 "$work/server.log" >&2; return 1; }
tool() { # builds a generator once
    if [ -n "${PERF_BIN:-}" ]; then ln -sf "$PERF_BIN/$1" "$work/$1"; return; fi
    [ -x "$work/$1" ] || cc -O2 -w -o "$work/$1" "${PERF_RIG:?names the folder with c/$1.c}/c/$1.c" -lssl -lcrypto
}

media_row() { # SERVER MODE CALLS
    local name=$1 mode=$2 n=$3 per=() aper=()
    # All browsers share one port of ours, so the generator tells calls apart by its own ports; both servers get the same.
    [ "$mode" = ice ] && per=(--a-per) aper=(--aper)
    rm -f "$work/calls"
    if [ "$name" = gateway ]; then
        server dotnet "$bench" relay --calls "$n" --mode "$mode" --out "$work/calls" --cert "$work/gen.pem" --warm-up "${per[@]}"
        until_true grep -q READY "$work/server.log"
    else
        server rtpengine --config-file=none --foreground --log-stderr --log-level=4 --table=-1 --interface=127.0.0.1 \
            --listen-ng=127.0.0.1:22222 --num-threads=1 --port-min=40000 --port-max=59999 --delete-delay=0 --timeout=3600 --silent-timeout=3600
        until_true grep -q ':56CE' /proc/net/udp
        dotnet "$bench" rtpengine --calls "$n" --mode "$mode" --out "$work/calls" --cert "$work/gen.pem" "${per[@]}"
    fi
    generator "$work/mediagen" --calls "$work/calls" --pid "$server_pid" --cert "$work/gen.pem" --secs "$secs" --warm 3 --label "$name-$mode" "${aper[@]}"
    stop
    [ "$name" != gateway ] || grep RESULT "$work/server.log" | sed "s/gateway-relay-end/gateway-relay-end calls=$n mode=$mode/" | tee -a "$out"
}

sip_row() { # SERVER reg|call
    local name=$1 case=$2 port=23900 pids users=10000
    if [ "$name" = gateway ]; then
        rm -rf "$work/data"; dotnet "$bench" accounts --data "$work/data" --count $users > /dev/null
        Gateway__Server__UnprovedPerSecond=1000000 server dotnet "$web" --listen 127.0.0.1 --https-port 23901 --sip-port $port --sips-port 0 \
            --media-port 23902 --rtp-ports 42000-59999 --data "$work/data"
        until_true curl -ksf https://127.0.0.1:23901/health/ready
        pids=$server_pid
    else
        sed "s/PORT/$port/" bench/peers/kamailio.cfg > "$work/kamailio.cfg"
        server kamailio -DD -E -f "$work/kamailio.cfg" -m 1024 -M 32 -Y "$work" -x tlsf -X tlsf
        until_true grep -q ":$(printf '%04X' $port)" /proc/net/udp; sleep 0.5
        pids=$server_pid$(pgrep -P "$server_pid" | sed 's/^/,/' | tr -d '\n')
    fi
    if [ "$case" = reg ]; then
        generator "$work/sipblast" --mode reg --auth --domain gateway --port $port --pid "$pids" --users $users --outst 64 --secs "$secs" --warm 8 --label "$name-register-digest"
    else
        # Few users: calls are what is measured. The callees' and the caller's ports have registered before.
        dotnet "$bench" register --sip-port $port --from 17000 --user caller
        dotnet "$bench" register --sip-port $port --from 17001 --count 20
        generator "$work/sipblast" --mode call --noreg --domain gateway --port $port --pid "$pids" --users 20 --outst 256 --rate "$rate" --secs "$secs" --warm 8 --label "$name-call-rate$rate"
    fi
    stop
}

case " $groups " in *" media "*|*" sip "*) tool mediagen; tool sipblast ;; esac
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/key.pem" -out "$work/cert.pem" -days 30 -subj /CN=bench 2> /dev/null
cat "$work/cert.pem" "$work/key.pem" > "$work/gen.pem"
echo "# $(date -u +%FT%TZ) load $(cut -d' ' -f1-3 /proc/loadavg), $(git rev-parse --short HEAD)" | tee -a "$out"
for pass in $(seq "$passes"); do
    for group in $groups; do
        case $group in
            media) for mode in rtp ice; do for n in $calls; do for name in gateway rtpengine; do media_row $name $mode "$n" || { stop; echo "# row failed: $name $mode $n" | tee -a "$out"; }; done; done; done ;;
            sip) for case in reg call; do for name in gateway kamailio; do sip_row $name $case || { stop; echo "# row failed: $name $case" | tee -a "$out"; }; done; done ;;
            load) for profile in gcm cm80; do generator dotnet "$bench" load --calls 100 --warm-calls 500 --seconds "$secs" --profile $profile --server-cores 0 || echo "# row failed: load" | tee -a "$out"; done ;;
            *) echo "no such group: $group" >&2; exit 2 ;;
        esac
    done
done
echo; dotnet "$bench" table "$out"
echo "raw lines: ${out#"$PWD"/}"
