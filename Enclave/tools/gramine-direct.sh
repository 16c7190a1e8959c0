#!/bin/sh
# Runs pythia-enclave under gramine-direct: Gramine's library OS with the manifest of Enclave/pythia.manifest.template, its mounts, its environment and its
# rule that no file opens but the trusted and allowed ones. There is no SGX in it, so nothing is protected and nothing can be attested.
#   Enclave/tools/gramine-direct.sh APP CONFIG HOST_DIR WORK [LOG_LEVEL]
#     APP        folder of pythia-enclave.dll (of Enclave/tools/reproduce.sh)
#     CONFIG     config.json
#     HOST_DIR   folder of host.json; its Listen is tcp:, since Gramine's Unix sockets stay inside
#     WORK       folder for the manifest
#     LOG_LEVEL  Gramine's: error (default), warning, debug, trace; what is below error goes to WORK/gramine.log
# Needs Gramine (gramine-manifest, gramine-direct) and dotnet. SIGTERM stops it in order. Exit code 3 when something needed is missing, else the program's.
set -eu
[ $# -ge 4 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
for program in gramine-manifest gramine-direct dotnet; do
    command -v "$program" > /dev/null || { echo "$program is not on the PATH" >&2; exit 3; }
done

template=$(cd "$(dirname "$0")/.." && pwd)/pythia.manifest.template
app=$(cd "$1" && pwd) config=$(realpath "$2") host=$(cd "$3" && pwd) work=$4 level=${5:-error}
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")
version=$(ls "$dotnet/shared/Microsoft.NETCore.App" | sort -V | tail -n 1)

mkdir -p "$work"
cd "$work"
gramine-manifest -Darch_libdir=/lib/x86_64-linux-gnu -Ddotnet_dir="$dotnet" -Ddotnet_version="$version" \
    -Dapp_dir="$app" -Dconfig="$config" -Dhost_dir="$host" "$template" pythia.manifest
if [ "$level" != error ]; then
    sed -i "s|^log_level = .*|log_level = \"$level\"\nlog_file = \"$(pwd)/gramine.log\"|" pythia.manifest
fi
exec gramine-direct pythia
