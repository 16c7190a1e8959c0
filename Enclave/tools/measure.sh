#!/bin/sh
# Makes the manifest of pythia-enclave and prints its MRENCLAVE: no SGX is needed, and the key that signs is thrown away, since MRENCLAVE doesn't depend on it.
#   Enclave/tools/measure.sh APP CONFIG HOST_DIR WORK
#     APP, CONFIG, HOST_DIR   where they will be when it runs: the paths are measured, and so is the content of the first two
#     WORK                    folder for pythia.manifest, pythia.manifest.sgx, pythia.sig
# Needs Gramine with its SGX part (gramine-manifest, gramine-sgx-sign, gramine-sgx-sigstruct-view), openssl and dotnet. Exit code 3 when something is missing.
set -eu
[ $# -eq 4 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
for program in gramine-manifest gramine-sgx-sign gramine-sgx-sigstruct-view openssl; do
    command -v "$program" > /dev/null || { echo "$program is not on the PATH" >&2; exit 3; }
done

tools=$(cd "$(dirname "$0")" && pwd)
"$tools/manifest.sh" "$1" "$2" "$3" "$4"
cd "$4"
key=$(mktemp)
trap 'rm -f "$key"' EXIT
openssl genrsa -3 -out "$key" 3072 2> /dev/null
gramine-sgx-sign --quiet --date 0000-00-00 --manifest pythia.manifest --output pythia.manifest.sgx --key "$key" >&2
gramine-sgx-sigstruct-view pythia.sig | sed -n 's/^ *mr_enclave: *//p'
