#!/bin/bash
# own_loader.sh PROGRAM TREE
#
# Makes PROGRAM (a path inside TREE, an unpacked folder: see unpack.sh) run with the tree's own libraries and the loader that belongs
# to them, whatever the system's are: the program is put aside, and a short script takes its name.
# Exit code 1 where the program does not find all its libraries in the tree.
set -euo pipefail

program=$1
tree=$(realpath "$2")
loader=$(find "$tree" -name "ld-linux*.so*" -path "*/lib*" | sort | head -n 1)
[ -n "$loader" ] || { echo "no loader in $tree" >&2; exit 1; }
mapfile -t folders < <(find "$tree"/lib "$tree"/usr/lib -name '*.so*' -printf '%h\n' | sort -u | grep -E -- '-linux-[a-z]+(/pulseaudio)?$')

mv "$tree/$program" "$tree/$program.bin"
cat > "$tree/$program" <<SCRIPT
#!/bin/sh
root=\$(realpath "\$(dirname "\$(realpath "\$0")")/$(realpath --relative-to="$tree/$(dirname "$program")" "$tree")")
unset LD_LIBRARY_PATH
exec "\$root/${loader#"$tree"/}" --library-path "$(for folder in "${folders[@]}"; do printf '$root%s:' "${folder#"$tree"}"; done)" "\$root/$program.bin" "\$@"
SCRIPT
chmod +x "$tree/$program"
missing=$("$loader" --library-path "$(IFS=:; echo "${folders[*]}")" --list "$tree/$program.bin" | grep -F 'not found' || true)
[ -z "$missing" ] || { echo "$missing" >&2; exit 1; }
