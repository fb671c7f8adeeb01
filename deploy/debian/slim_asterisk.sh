#!/bin/bash
# slim_asterisk.sh TREE
#
# Cuts an unpacked Asterisk (unpack.sh) down to what the menus run: the program, the modules named in our modules.conf, every
# library those ask the loader for, and the documentation files, without which Asterisk refuses to read its own settings.
# 241 MB become about 35. Exit code 1 where a module or a library is not there, so that a gap shows here and not in a call.
set -euo pipefail

tree=$(realpath "$1")
modules_conf=$(dirname "$(realpath "$0")")/../../ivr/telephony/conf/modules.conf
loader=$(find "$tree" -name "ld-linux*.so*" -path "*/lib*" | sort | tail -n 1)
modules=$(dirname "$(find "$tree"/usr/lib -path '*/asterisk/modules/res_pjsip.so')")
libraries=$(dirname "$(dirname "$modules")")
keep=$(mktemp -d "$tree.slim.XXXXXX")
trap 'rm -rf "$keep"' EXIT

wanted=("$tree/usr/sbin/asterisk")
while read -r module; do
    [ -f "$modules/$module" ] || { echo "this Asterisk has no module $module" >&2; exit 1; }
    wanted+=("$modules/$module")
done < <(sed -n 's/^load=//p' "$modules_conf")

needed=$(for file in "${wanted[@]}"; do "$loader" --library-path "$libraries" --list "$file"; done)
if grep -F 'not found' <<< "$needed"; then exit 1; fi
# What the system's own folders gave (there should be nothing) is left out here and would show at the first start.
mapfile -t found < <(awk -v tree="$tree/" '$2 == "=>" && index($3, tree) == 1 {print $3}' <<< "$needed" | sort -u)

for file in "${wanted[@]}" "${found[@]}" "$loader" "$tree"/usr/share/asterisk/documentation/{core-en_US.xml,appdocsxml.*}; do
    # Copied under the name the loader asks for; the chain of links behind it is not needed.
    install -D -m "$(stat -L -c %a "$file")" "$file" "$keep/${file#"$tree"/}"
done
find "$tree" -mindepth 1 -delete
mv "$keep"/* "$tree"/
