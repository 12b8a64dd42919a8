#!/usr/bin/env bash
# Builds the sandbox of Debian's U-Boot into the folder $1, with what the camera has: a 16 MiB gd25q128 on SPI, an SD
# card, the prompt and the boot command of the stock boot loader. Two minutes on two idle cores.
# Needs: bison flex bc swig libssl-dev python3-dev python3-setuptools device-tree-compiler uuid-dev libgnutls28-dev
# dpkg-dev build-essential, on Debian 12, whose mirror has the source of 2023.01; apt-get update was run.
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 'Origin: Debian' | sort -u)
echo "deb-src ${mirror%%$'\n'*} bookworm main" >"$work/src.list"
apt=(apt-get -qq -o "Dir::Etc::sourcelist=$work/src.list" -o Dir::Etc::sourceparts=/dev/null
  -o "Dir::State::lists=$work/lists" -o APT::Sandbox::User=root)
"${apt[@]}" update
(cd "$work" && "${apt[@]}" source u-boot >/dev/null)
out="$work/out"
make -s -C "$work"/u-boot-*/ O="$out" NO_SDL=1 sandbox_defconfig
# The address of the camera's RAM must be one here; keyed autoboot asks for a password. Without LTO it does not link.
"$out"/source/scripts/config --file "$out/.config" --enable CMD_MMC --set-str SYS_PROMPT 'isvp_t20# ' \
  --set-val SANDBOX_RAM_SIZE_MB 2304 --set-val BOOTDELAY 1 --disable AUTOBOOT_KEYED --disable AUTOBOOT_FLUSH_STDIN \
  --set-str BOOTCOMMAND 'sf probe; sf read 0x80600000 0x40000 0x280000; bootm 0x80600000'
make -s -C "$out" NO_SDL=1 olddefconfig
make -s -C "$out" -j"$(nproc)" NO_SDL=1 all

dtb="$work/board.dtb"
cp "$out/arch/sandbox/dts/sandbox.dtb" "$dtb"
fdtput -t s "$dtb" /spi@0/flash@0 compatible gigadevice,gd25q128 jedec,spi-nor
fdtput -c "$dtb" /mmc0
fdtput -t s "$dtb" /mmc0 compatible sandbox,mmc
fdtput -t s "$dtb" /mmc0 filename mmc0.img
fdtput -t s "$dtb" /aliases mmc0 /mmc0
# The watchdog ends it in a long md.b, the others open windows or talk in between; colour puts ESC into every line.
fdtput -r "$dtb" /lcd /cros-ec /sound /alarm-wdt
fdtput -d "$dtb" /serial sandbox,text-colour
cp "$out/u-boot" "$dtb" "$target/"
