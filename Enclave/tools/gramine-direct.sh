#!/bin/sh
# Runs pythia-enclave under gramine-direct: Gramine's library OS with the manifest of Enclave/pythia.manifest.template, its mounts, its environment and its
# rule that no file opens but the trusted and allowed ones. There is no SGX in it, so nothing is protected and nothing can be attested.
#   Enclave/tools/gramine-direct.sh APP CONFIG HOST_DIR WORK [LOG_LEVEL]
#     APP, CONFIG, HOST_DIR   as for manifest.sh; Listen in host.json is tcp:, since Gramine's Unix sockets stay inside
#     WORK                    folder for the manifest
#     LOG_LEVEL               Gramine's: error (default), warning, debug, trace; with one of the last three it goes to WORK/gramine.log
# Needs Gramine (gramine-manifest, gramine-direct) and dotnet. SIGTERM stops it in order. Exit code 3 when something needed is missing, else the program's.
set -eu
[ $# -eq 4 ] || [ $# -eq 5 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
command -v gramine-direct > /dev/null || { echo "gramine-direct is not on the PATH" >&2; exit 3; }

tools=$(cd "$(dirname "$0")" && pwd) level=${5:-error}
"$tools/manifest.sh" "$1" "$2" "$3" "$4"
cd "$4"
[ "$level" = error ] || sed -i "s|^log_level = .*|log_level = \"$level\"\nlog_file = \"$(pwd)/gramine.log\"|" pythia.manifest
exec gramine-direct pythia
