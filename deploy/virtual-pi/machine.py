"""The virtual Pi as seen from outside: QEMU, its console, its button, its glass, a shell inside."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time

from panel import Panel

# QEMU lets the power button go this long after it was last pressed.
HELD = 0.1

FINGER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "finger.py")


class Monitor:
    """QEMU's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rw")
        self.stream.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        """Has QEMU do it; returns what it says."""
        self.stream.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.stream.flush()
        while True:
            answer = json.loads(self.stream.readline())
            if "error" in answer:
                raise RuntimeError(f"QEMU does not {command}: {answer['error']['desc']}")
            # Events come in between.
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.stream.close()
        self.socket.close()


class Machine:
    """A virtual Pi that runs. `disk` is a file system to start from, which stays as it is; `forward` takes
    ports of the machine to ports of this host; `line` is called with each line of the console; `kernel_words`
    stand on the command line of the kernel, which systemd reads too."""

    def __init__(self, folder, image, disk=None, forward=None, line=print, name="console", board="kiosk", kernel_words=""):
        self.folder = folder
        self.control = os.path.join(folder, f"{name}.qmp")
        self.inside = os.path.join(folder, f"{name}.shell")
        wire = os.path.join(folder, f"{name}.pins")
        for path in (self.control, self.inside, wire):
            if os.path.exists(path):
                os.unlink(path)
        os.mkfifo(wire)
        self.panel = Panel()
        self.begun = time.monotonic()
        self.words = [
            "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024",
            "-accel", "tcg", "-nographic", "-no-reboot",
            "-kernel", os.path.join(folder, "vmlinuz"), "-initrd", image,
            "-dtb", os.path.join(folder, f"{board}.dtb"),
            # Relaxed: what tries a driver may write to the memory that stands for its registers.
            "-append", f"console=ttyAMA0 quiet panic=-1 net.ifnames=0 iomem=relaxed {kernel_words}",
            "-qmp", f"unix:{self.control},server=on,wait=off",
            "-trace", "pl061_set_output", "-D", wire,
        ]
        ports = "".join(f",hostfwd=tcp:127.0.0.1:{ours}-:{theirs}" for theirs, ours in (forward or {}).items())
        if disk:
            self.words += [
                "-drive", f"file={disk},if=virtio,format=raw,snapshot=on",
                "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=shell,path={self.inside},server=on,wait=off",
                "-device", "virtserialport,chardev=shell,name=shell",
                # Cut off from the world but for these ports; nothing is to be started over the network.
                "-netdev", f"user,id=net,restrict=on{ports}",
                "-device", "virtio-net-pci,netdev=net,romfile=",
                # What sticks are plugged into.
                "-device", "qemu-xhci,id=usb",
            ]
        else:
            self.words += ["-nic", "none"]
        threading.Thread(target=self._follow, args=(wire,), daemon=True).start()
        self.process = subprocess.Popen(
            self.words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.reader = threading.Thread(target=self._read, args=(line, name), daemon=True)
        self.reader.start()

    def _follow(self, wire):
        with open(wire, encoding="ascii", errors="replace") as lines:
            self.panel.follow(lines)

    def _read(self, line, name):
        with open(os.path.join(self.folder, f"{name}.log"), "w", encoding="utf-8") as log:
            for raw in self.process.stdout:
                text = raw.decode(errors="replace").rstrip()
                log.write(f"{time.monotonic() - self.begun:7.2f} {text}\n")
                log.flush()
                line(text)

    def ask(self, command, **arguments):
        """Has QEMU do one thing; returns what it says."""
        monitor = Monitor(self.control)
        try:
            return monitor.ask(command, **arguments)
        finally:
            monitor.close()

    def hold(self, seconds, enough=lambda: False):
        """Presses the button and keeps it down for so long, or until it is enough; returns when it went down."""
        finger = subprocess.Popen(
            [sys.executable, "-S", "-E", FINGER, self.control], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        down = float(finger.stdout.readline())
        while time.monotonic() < down + seconds - HELD and not enough():
            time.sleep(HELD / 5)
        finger.communicate(timeout=30)
        return down

    def plug(self, name, image):
        """Plugs a USB stick with this image in; what is written to it lands there."""
        file = {"driver": "file", "filename": image}
        self.ask("blockdev-add", **{"node-name": name, "driver": "raw", "file": file})
        self.ask("device_add", driver="usb-storage", id=name, drive=name, bus="usb.0", removable=True)

    def pull(self, name):
        """Pulls it out, as it is; returns how often it was read and written."""
        stats = next(one for one in self.ask("query-blockstats") if name in one.get("qdev", ""))["stats"]
        self.ask("device_del", id=name)
        # QEMU lets go of the image when the last request has come back.
        until = time.monotonic() + 90
        while True:
            try:
                self.ask("blockdev-del", **{"node-name": name})
                return stats["rd_operations"], stats["wr_operations"]
            except RuntimeError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def press(self, seconds=HELD):
        """A short press; one that is to outlive a debounce takes longer than QEMU's own."""
        return self.hold(seconds)

    def wait(self, limit):
        """Until the machine switched itself off; whether it did."""
        try:
            self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return False
        self.reader.join(10)
        return True

    def kill(self):
        self.process.kill()
        self.process.wait()


class Shell:
    """A root shell inside, over a serial port of its own."""

    def __init__(self, machine):
        self.socket = socket.socket(socket.AF_UNIX)
        # QEMU has to get up first.
        while not os.path.exists(machine.inside) and machine.process.poll() is None:
            time.sleep(0.1)
        self.socket.connect(machine.inside)
        self.number = 0
        self.heard = b""

    def run(self, command, limit=60):
        """What the command prints, without blanks around it. Its failure is an error here."""
        status, text = self.status(command, limit)
        if status:
            raise RuntimeError(f"`{command}` ended with {status}: {text}")
        return text

    def status(self, command, limit=60):
        """Exit status and output of a command."""
        self.number += 1
        mark = f"@@{self.number}@@"
        self.socket.sendall(f"( {command}\n) </dev/null 2>&1; status=$?; echo; echo '{mark}' $status\n".encode())
        pattern = re.compile(rb"(.*?)\n" + mark.encode() + rb" (\d+)\r?\n", re.S)
        until = time.monotonic() + limit
        while True:
            answer = pattern.search(self.heard)
            if answer:
                self.heard = self.heard[answer.end():]
                return int(answer[2]), answer[1].decode(errors="replace").strip()
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"`{command}` did not end within {limit} s: {self.heard[-300:]!r}")
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except TimeoutError:
                continue
            if not more:
                raise ConnectionError("the machine went away")
            self.heard += more
