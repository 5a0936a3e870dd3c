# SPDX-License-Identifier: Apache-2.0
"""Makes a tree like /usr: FILES regular files, twelve to a directory, five levels deep, below ROOT.

Every sixth file is executable. SPECIAL of them have a capability or a set-user-ID bit; their number
is printed. Ends when standard input does.
"""

import os
import sys

FILES_PER_DIRECTORY = 12
# struct vfs_cap_data, version 2, effective: CAP_NET_RAW.
NET_RAW = bytes.fromhex("01000002" "00200000" "00000000" "00000000" "00000000")


def main():
    root, files, special = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    step = max(1, files // special)
    made = marked = 0
    directory = 0
    while made < files:
        place = f"a{directory % 40:02}/lib{directory // 40 % 40:02}/package{directory // 1600:03}"
        path = f"{root}/usr/{place}"
        os.makedirs(path, exist_ok=True)
        for index in range(min(FILES_PER_DIRECTORY, files - made)):
            name = f"{path}/file-{index:02}.dat"
            mode = 0o755 if index % 6 == 0 else 0o644
            descriptor = os.open(name, os.O_CREAT | os.O_WRONLY | os.O_EXCL, mode)
            if made % step == 0 and marked < special:
                mark(descriptor, marked)
                marked += 1
            os.close(descriptor)
            made += 1
        directory += 1
    print(marked, flush=True)
    sys.stdin.read()


def mark(descriptor, number):
    if number % 2 == 0:
        os.setxattr(descriptor, "security.capability", NET_RAW)
    else:
        os.fchmod(descriptor, 0o4755)


main()
