"""finger.py SOCKET: holds the button of the virtual Pi down until its standard input is closed, over QEMU's control
socket. A process of its own, because QEMU lets the button go a tenth of a second after the last order, and whoever
reads the pins of a panel is too busy to be in time. Prints when the button went down, by the clock that all share."""

import select
import socket
import sys
import time

BETWEEN = 0.02


def main():
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(sys.argv[1])
        answers = control.makefile("r")
        answers.readline()
        for order in ("qmp_capabilities", "system_powerdown"):
            control.sendall(f'{{"execute": "{order}"}}\n'.encode())
            while '"return"' not in answers.readline():
                pass
        print(time.monotonic(), flush=True)
        # The answers to these are nobody's business; nor may the wait for one delay the next.
        while not select.select([sys.stdin], [], [], BETWEEN)[0]:
            control.sendall(b'{"execute": "system_powerdown"}\n')


if __name__ == "__main__":
    main()
