#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Makes the seeds of fuzz_pcap and fuzz_packet anew, in tests/fuzz/seeds/.
set -eu
cd "$(dirname "$0")/seeds"
mkdir -p pcap packet

# put FILE HEX...: writes bytes given in hex.
put() {
	local file=$1 hex
	shift
	hex=$(printf '%s' "$*" | tr -d ' \n\t' | sed 's/../\\x&/g')
	# shellcheck disable=SC2059
	printf "$hex" >"$file"
}

# le BYTES NUMBER: a little-endian number in hex.
le() {
	local bytes=$1 number=$2 out=
	while [ "$bytes" -gt 0 ]; do
		out+=$(printf '%02x' $((number & 255)))
		number=$((number >> 8)) bytes=$((bytes - 1))
	done
	echo "$out"
}

# bytes HEX: how many there are.
bytes() {
	local hex
	hex=$(printf '%s' "$*" | tr -d ' \n\t')
	echo $((${#hex} / 2))
}

# Packets: UDP to port 53, TCP to 443; from 192.0.2.1 / 2001:db8::1.
v4_ends="c0000201 c6336402"
v6_ends="20010db8000000000000000000000001 20010db8000000000000000000000002"
udp="03e80035000c0000 61626364"
tcp="9c4001bb 01020304 05060708 5018ffff00000000 16030100"
udp4="45000020 00000000 40110000 $v4_ends $udp"
tcp4="4500002c 00000000 40060000 $v4_ends $tcp"
udp6="60000000 000c1140 $v6_ends $udp"
macs="020000000002 020000000001"

# frame HEX: as fuzz_packet takes it, nothing cut off, one second later.
frame() {
	echo "$(le 2 "$(bytes "$*")") 00 01 $*"
}

put packet/ethernet 0100 "$(frame "$macs 0800 $tcp4")" "$(frame "$macs 86dd $udp6")" \
    "$(frame "$macs 0806 0001")"
put packet/vlan 0100 "$(frame "$macs 88a8 0011 8100 0012 0800 $udp4")"
put packet/mpls-pppoe 0100 "$(frame "$macs 8847 00010040 00020140 $udp4")" \
    "$(frame "$macs 8864 11000001 0022 0021 $udp4")"
put packet/llc 0100 "$(frame "$macs 0028 aaaa03000000 0800 $udp4")"
put packet/null 0000 "$(frame "02000000 $udp4")" "$(frame "0000001e $udp6")"
put packet/raw 6500 "$(frame "$udp4")" "$(frame "$udp6")"
put packet/sll 7100 "$(frame "0000 0001 0006 0011223344550000 0800 $tcp4")"
put packet/sll2 1401 "$(frame "0800 0000 00000003 0001 00 06 0011223344550000 $tcp4")"
put packet/ppp 0900 "$(frame "ff030021 $udp4")" "$(frame "57 $udp6")"
put packet/nflog ef00 "$(frame "02000005 08000100 08000000 24000900 $udp4")"
wlan="8801 0000 020000000001 020000000002 020000000003 1000 0000 aaaa03000000 0800 $udp4"
put packet/wlan 6900 "$(frame "$wlan")"
put packet/radiotap 7f00 "$(frame "00001a00 03000080 00000000 0000000001020304050607081000 $wlan")"
put packet/ppi c000 "$(frame "00000800 69000000 $wlan")"
put packet/ip-in-ip 6500 "$(frame "45000034 00000000 40040000 $v4_ends $udp4")" \
    "$(frame "45000048 00000000 40290000 $v4_ends $udp6")" "$(frame "60000000 00200440 $v6_ends $udp4")"
put packet/gre 6500 "$(frame "45000040 00000000 402f0000 $v4_ends b0000800 12340000 00000007 00000001 $udp4")" \
    "$(frame "45000046 00000000 402f0000 $v4_ends 00006558 $macs 0800 $udp4")" \
    "$(frame "45000045 00000000 402f0000 $v4_ends 3001880b 00210001 00000001 21 $udp4")"
put packet/vxlan 6500 "$(frame "45000052 00000000 40110000 $v4_ends c35012b5003e0000 0800000000002a00 $macs 0800 $udp4")"
put packet/fragments-v4 6500 "$(frame "4500001c 00072000 40110000 $v4_ends 03e8003500180000")" \
    "$(frame "4500001c 00070002 40110000 $v4_ends 6566676865666768")" \
    "$(frame "4500001c 00072001 40110000 $v4_ends 6162636461626364")"
put packet/fragments-v6 6500 "$(frame "60000000 00102c40 $v6_ends 1100000100000009 03e8003500100000")" \
    "$(frame "60000000 00102c40 $v6_ends 1100000800000009 6566676865666768")"
put packet/extensions 6500 "$(frame "60000000 00240040 $v6_ends 3c00010400000000 2b00010400000000 1100010400000000 $udp")"

# The pcap variants: magic, version 2.4, zone, accuracy, snapshot length, link.
header="0200 0400 00000000 00000000 00000400 01000000"
ether="$macs 0800 $udp4"
length=$(le 4 "$(bytes "$ether")")
put pcap/micro "d4c3b2a1 $header 00010000 01000000 $length $length $ether"
put pcap/nano "4d3cb2a1 $header 00010000 01000000 $length $length $ether"
put pcap/patched "34cdb2a1 $header 00010000 01000000 $length $length 0100000008000000 $ether"
put pcap/big-endian "a1b2c3d4 00020004 00000000 00000000 00040000 00000065" \
    "00000100 00000001 00000020 00000020 $udp4"
put pcap/cut "d4c3b2a1 $header 00010000 01000000 $length $length 0102"

# block TYPE BODY: a pcapng block; the body must be a multiple of four.
block() {
	local total
	total=$(le 4 $(($(bytes "$2") + 12)))
	echo "$(le 4 "$1") $total $2 $total"
}
section=$(block $((0x0a0d0d0a)) "4d3c2b1a 01000000 ffffffffffffffff")
interface=$(block 1 "01000000 00000400 09000100 09000000 0e000800 0100000000000000 00000000")
raw=$(block 1 "65000000 00000000")
packet="00000000 01000000 $length $length $ether 0000"
put pcap/pcapng "$section $interface $(block 6 "00000000 $packet")"
put pcap/pcapng-kinds "$section $interface $raw $(block 6 "00000000 $packet")" \
    "$(block 3 "20000000 $udp4")" "$(block 2 "00000000 $packet")" \
    "$(block 5 "00000000 0000000000000000")" "$(block $((0xbad)) "00000000")" \
    "$(block 10 "4b534c54 0d000000 434c49454e545f52414e444f4d000000")" \
    "$section $raw $(block 6 "01000000 $packet")"
put pcap/pcapng-big "0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c" \
    "00000001 00000014 00650000 00000000 00000014" \
    "00000006 00000040 00000000 00000000 00000001 00000020 00000020 $udp4 00000040"
put pcap/gzip "1f8b080000000000"
