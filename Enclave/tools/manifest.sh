#!/bin/sh
# Makes WORK/pythia.manifest of Enclave/pythia.manifest.template, with the hashes of all trusted files.
#   Enclave/tools/manifest.sh APP CONFIG HOST_DIR WORK
#     APP        folder of pythia-enclave.dll (of Enclave/tools/reproduce.sh)
#     CONFIG     config.json
#     HOST_DIR   folder of host.json
# Needs gramine-manifest and dotnet, which must have one runtime: it takes the newest that it finds, trusted or not. Exit code 3 when something is missing.
set -eu
[ $# -eq 4 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
for program in gramine-manifest dotnet; do
    command -v "$program" > /dev/null || { echo "$program is not on the PATH" >&2; exit 3; }
done

template=$(cd "$(dirname "$0")/.." && pwd)/pythia.manifest.template
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
version=$(ls "$dotnet/host/fxr")
[ "$(echo "$version" | wc -l)" -eq 1 ] || { echo "$dotnet/host/fxr: versions $(echo $version) found, one expected" >&2; exit 3; }
mkdir -p "$4"
exec gramine-manifest -Darch_libdir=/lib/x86_64-linux-gnu -Ddotnet_dir="$dotnet" -Ddotnet_version="$version" \
    -Dapp_dir="$(cd "$1" && pwd)" -Dconfig="$(realpath "$2")" -Dhost_dir="$(cd "$3" && pwd)" "$template" "$4/pythia.manifest"
