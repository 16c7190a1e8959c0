#!/bin/sh
# Builds pythia-enclave twice, from copies of the tree in two folders, and compares every file byte by byte; prints their SHA-256.
#   Enclave/tools/reproduce.sh [FOLDER for the result]
# Exit code 0 only if both are the same.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in one "another-with-a-longer-name"; do
    mkdir "$work/$name"
    (cd "$root" && tar cf - --exclude=./artifacts --exclude=./.git --exclude=node_modules Directory.* BannedSymbols.txt .editorconfig global.json Ethereum Enclave) | (cd "$work/$name" && tar xf -)
    dotnet publish "$work/$name/Enclave/Process/Enclave.Process.csproj" -c Release -o "$work/$name.out" \
        -p:PathMap="$work/$name/=/_/" -p:DebugType=none -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false -v q --nologo >&2
done
diff -r "$work/one.out" "$work/another-with-a-longer-name.out"
(cd "$work/one.out" && sha256sum -- *.dll *.json)
[ $# -eq 0 ] || { mkdir -p "$1" && cp "$work/one.out"/* "$1"/; }
