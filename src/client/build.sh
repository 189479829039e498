#!/usr/bin/env bash
# Bundles the client when Node is here; says nothing and does nothing when it is not (the gateway builds without it).
cd "$(dirname "$0")/../.." || exit 0
. scripts/prerequisites.sh
need_node 2>/dev/null || exit 0
build_client
