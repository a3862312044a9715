"""The glass at the end of the virtual Pi's SPI bus: follows the pins, keeps the picture.

QEMU reports every change of a GPIO pin. Eight rising edges of the clock while the chip is selected are a
byte; the D/C pin tells commands from data. Of an ST7789's commands three matter here: 2A and 2B set the
window of columns and rows, 2C fills it with pixels of 16 bits, row by row.
"""

import hashlib
import re
import struct
import threading
import time
import zlib

CLOCK, DATA, SELECT, COMMAND, RESET = 0, 1, 2, 4, 5
LIGHT, BACKLIGHT = 6, 7
COLUMNS, ROWS, WRITE = 0x2A, 0x2B, 0x2C

CHANGE = re.compile(r"pl061_set_output .* (\d) to ([01])")

RED, GREEN, BLUE = (11, 31), (5, 63), (0, 31)


class Panel:
    """A panel of `width` x `height` whose memory begins at the first pixel."""

    def __init__(self, width=240, height=240):
        self.width, self.height = width, height
        self.pixels = bytearray(width * height * 2)
        self.written = 0
        self.resets = 0
        # When the first pixel came after `arm`, and when the camera's light and the backlight changed.
        self.first = None
        self.lights = []
        # Pictures that are looked out for, by name, and the names in the order in which they stood there.
        self.awaited, self.seen = {}, []
        self.lock = threading.Condition()
        self.pins = [0] * 8
        self.bits = self.count = 0
        self.command = None
        self.arguments = bytearray()
        self.window = [0, width - 1, 0, height - 1]
        self.x = self.y = 0

    def follow(self, lines):
        """Reads QEMU's trace until it ends."""
        for line in lines:
            change = CHANGE.match(line)
            if change:
                self.pin(int(change[1]), int(change[2]))

    def pin(self, number, level):
        if number == CLOCK and level and not self.pins[CLOCK] and not self.pins[SELECT]:
            self.bits = (self.bits << 1 | self.pins[DATA]) & 0xFF
            self.count += 1
            if self.count == 8:
                self.count = 0
                with self.lock:
                    self.byte(self.bits)
        elif number == SELECT:
            self.count = 0
            with self.lock:
                if level and self.awaited:
                    self.look_out()
                self.lock.notify_all()
        elif number == RESET and not level:
            self.resets += 1
        elif number in (LIGHT, BACKLIGHT) and level != self.pins[number]:
            self.lights.append((time.monotonic(), number, level))
        self.pins[number] = level

    def byte(self, value):
        if not self.pins[COMMAND]:
            self.command, self.arguments = value, bytearray()
            self.x, self.y = self.window[0], self.window[2]
            return
        self.arguments.append(value)
        if self.command in (COLUMNS, ROWS) and len(self.arguments) == 4:
            first = 0 if self.command == COLUMNS else 2
            self.window[first : first + 2] = struct.unpack(">HH", self.arguments)
        elif self.command == WRITE and len(self.arguments) == 2:
            self.pixel(bytes(self.arguments))
            self.arguments.clear()

    def pixel(self, value):
        if self.x < self.width and self.y < self.height:
            start = 2 * (self.y * self.width + self.x)
            self.pixels[start : start + 2] = value
        self.written += 1
        if self.first is None:
            self.first = time.monotonic()
        self.x += 1
        if self.x > self.window[1]:
            self.x = self.window[0]
            self.y += 1

    def look_out(self):
        name = self.awaited.get(bytes(self.pixels))
        if name and name not in self.seen[-1:]:
            self.seen.append(name)

    def expect(self, pictures):
        """From now on these are looked out for, a table of names and pixels: none is missed, however short it
        stands there."""
        with self.lock:
            self.awaited, self.seen = {bytes(pixels): name for name, pixels in pictures.items()}, []

    def arm(self):
        """From now on the first pixel is waited for."""
        self.first = None

    def changed(self):
        """Whether there was one."""
        return self.first is not None

    def shows(self, wanted, patience):
        """Whether what is wanted of the panel holds, now or after the wire's report has caught up."""
        with self.lock:
            return self.lock.wait_for(wanted, patience)

    def digest(self):
        """The picture's SHA-256, as RGB565 of the higher byte first."""
        return hashlib.sha256(self.pixels).hexdigest()

    def rgb(self):
        """The picture in 8-bit red, green and blue, rounded as the program rounds."""
        return b"".join(COLORS[value] for (value,) in struct.iter_unpack(">H", self.pixels))

    def png(self):
        """The picture as a PNG file."""
        def chunk(kind, data):
            return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

        pixels, stride = self.rgb(), 3 * self.width
        rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, len(pixels), stride))
        size = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def widen(value, place):
    shift, top = place
    return ((value >> shift & top) * 255 + top // 2) // top


COLORS = [bytes(widen(value, place) for place in (RED, GREEN, BLUE)) for value in range(1 << 16)]

# The other way round, as the wire carries it.
WORDS = {color: struct.pack(">H", value) for value, color in enumerate(COLORS)}
