#!/bin/sh
# Makes the tree of a release: tree.sh BUILD TREE
#
# From a build folder of meson, on a Debian with the packages of packages.txt. TREE/bin/tailbit then runs on any x86-64 Linux,
# wherever TREE lies. Nothing in it depends on the time, on the folder of the checkout or on that of the build.
#
#   bin, libexec  launchers (launcher.c)             share/licenses  of what came from Debian, with its packages' versions
#   lib           programs, libraries, their loader  share/fonts     what figures in PDF are written with
set -eu
umask 022
build=$1 tree=$2
checkout=$(dirname "$(dirname "$(readlink -f -- "$0")")")

copy() { install -D -m 644 "$@"; }

# ---- programs and libraries -------------------------------------------------------------------------------------------------

gnuplot=/usr/bin/gnuplot-nox
fonts=/usr/share/fonts/truetype/dejavu
characters=/usr/lib/locale/C.utf8/LC_CTYPE # by which libarchive reads names
install -D "$build/experiments/cli/tailbit" "$tree/lib/tailbit"
strip --strip-all --remove-section=.comment "$tree/lib/tailbit"
install "$gnuplot" "$tree/lib/gnuplot"
needed=$(ldd "$tree/lib/tailbit" "$tree/lib/gnuplot")
case $needed in *'not found'*) printf '%s\n' "$needed" >&2 && exit 1 ;; esac
libraries=$(printf '%s\n' "$needed" | sed -n 's/.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p' | sort -u)
for library in $libraries; do
    install "$library" "$tree/lib/"
done
mkdir -p "$tree/bin" "$tree/libexec"
(cd "$checkout" && ${CC:-gcc} -std=gnu17 -O2 -Wall -Wextra -Werror -static -s -Wl,--build-id=none -o "$tree/bin/tailbit" release/launcher.c)
ln "$tree/bin/tailbit" "$tree/libexec/gnuplot"

# ---- what lies beside them --------------------------------------------------------------------------------------------------

for font in "$fonts/DejaVuSans.ttf" "$fonts/DejaVuSans-Bold.ttf" "$checkout/release/fonts.conf"; do
    copy -t "$tree/share/fonts" "$font"
done
copy -t "$tree/share" /etc/ssl/certs/ca-certificates.crt
copy -t "$tree/share/locale/C.utf8" "$characters"
copy -t "$tree/share/man/man1" "$build/docs/tailbit.1"
copy -t "$tree/share/bash-completion/completions" "$build/docs/tailbit"
copy -t "$tree" "$checkout/README.md" "$checkout/CHANGELOG.md" "$checkout/CONTRIBUTING.md" "$checkout/CITATION.cff" "$checkout/LICENSE"
for file in "$checkout"/docs/*.md "$checkout"/docs/figures/*.svg "$checkout"/docs/figures/*.png "$checkout"/python/pyproject.toml "$checkout"/python/tailbit/*.py; do
    copy "$file" "$tree/${file#"$checkout"/}"
done

# ---- licences ---------------------------------------------------------------------------------------------------------------

# random123 is in headers that the compiler has put into the program, libc6 in the launcher too.
packages=$(
    for file in $libraries "$gnuplot" "$fonts/DejaVuSans.ttf" "$characters"; do
        readlink -f "$file"
    done | xargs dpkg -S | cut -d : -f 1 | sort -u
)
licenses=$tree/share/licenses
mkdir -p "$licenses/common-licenses"
cp /usr/share/common-licenses/* "$licenses/common-licenses/"
{
    echo 'Files of these packages of Debian are here unchanged. Sources: https://snapshot.debian.org/package/NAME/VERSION/'
    for package in $packages librandom123-dev ca-certificates; do
        copy "/usr/share/doc/$package/copyright" "$licenses/$package"
        dpkg-query -W -f '${Package} ${Version}, source ${source:Package} ${source:Version}\n' "$package"
    done
} >"$licenses/packages.txt"
