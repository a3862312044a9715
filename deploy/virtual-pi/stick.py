"""USB sticks for the virtual Pi, as people have them: a partition of FAT with names from more than one language,
music in folders and a video. Made here by ffmpeg and mtools; nothing of it is anybody's but ours."""

import os
import shutil
import struct
import subprocess

SECTOR = 512
# Where partitions begin on sticks out of a shop.
BEGINS = 2048

# What the golden picture `playing` tells of a song; this one is silent.
GOLDEN = "Morgen/Morning Has Broken.flac"
# Long enough, and of so many bytes a second, that neither the kernel nor MPD has all of it in memory when the
# stick is pulled out.
LONG = ("Straße/Hügel.flac", "Straße/Täler.flac")
VIDEO = "Filme/Blüten.mkv"
OTHER = "Другой/Песня.flac"


def run(*words):
    # Names in FAT are Unicode; mtools reads ours by the locale.
    locale = {**os.environ, "LC_ALL": "C.UTF-8"}
    subprocess.run(words, check=True, env=locale, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def sound(path, source, rate, depth, **tags):
    words = [word for tag, value in tags.items() for word in ("-metadata", f"{tag}={value}")]
    form = ("-ar", str(rate), "-sample_fmt", depth)
    run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, *form, *words, path)


def noise(seconds, rate):
    return f"aevalsrc='0.2*random(0)-0.1|0.2*random(0)-0.1':s={rate}:d={seconds}"


def image(path, folder, megabytes, kind, begins):
    """A disk of this size with the files of the folder in a FAT that begins at this sector; with a table of
    partitions, if that is not the first one."""
    size = megabytes << 20
    with open(path, "wb") as file:
        file.truncate(size)
        if begins:
            # One entry: FAT with LBA, from there to the end; then the mark of such a table.
            entry = struct.pack("<8BII", 0, 254, 255, 255, 0x0C, 254, 255, 255, begins, size // SECTOR - begins)
            file.seek(446)
            file.write(entry + bytes(48) + b"\x55\xaa")
    # One sector a cluster: FAT32 wants many, which larger sticks have anyway.
    run("mkfs.vfat", "-F", str(kind), "-s", "1" if kind == 32 else "4", "-n", "MUSIK", "--offset", str(begins),
        path, str((size // SECTOR - begins) // 2))
    for name in sorted(os.listdir(folder)):
        run("mcopy", "-s", "-i", f"{path}@@{begins * SECTOR}", os.path.join(folder, name), "::/")


def make(folder):
    """Makes two sticks in this folder; returns their images: one with a partition of FAT32, and one that is FAT16
    from its first sector on."""
    first, second = os.path.join(folder, "stick"), os.path.join(folder, "other-stick")
    for old in (first, second):
        shutil.rmtree(old, ignore_errors=True)
    for place, names in ((first, (GOLDEN, *LONG, VIDEO)), (second, (OTHER,))):
        for name in names:
            os.makedirs(os.path.dirname(os.path.join(place, name)), exist_ok=True)
    sound(os.path.join(first, GOLDEN), "anullsrc=r=8000:cl=mono:d=227", 8000, "s16",
          title="Morning Has Broken", artist="Cat Stevens", comment="valence=0.9; arousal=-0.9")
    for name in LONG:
        sound(os.path.join(first, name), noise(20, 96000), 96000, "s32",
              title=os.path.splitext(os.path.basename(name))[0], artist="Weite Wege", genre="folk")
    sound(os.path.join(second, OTHER), noise(2, 8000), 8000, "s16", title="Песня", genre="folk")
    run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=duration=20:size=160x90:rate=5",
        "-c:v", "mpeg4", os.path.join(first, VIDEO))
    images = first + ".img", second + ".img"
    image(images[0], first, 48, 32, BEGINS)
    image(images[1], second, 16, 16, 0)
    return images
