"""The configuration that Debian's package of MPD installs, for an MPD of a test."""

import pathlib

DEBIAN = pathlib.Path("/etc/mpd.conf")


def configuration(folder, music=None, more=""):
    """Debian's lines with their folders below `folder` (the music in `music`, where that is another place), a null
    output in place of a sound card, its socket `folder`/socket, and the lines `more`."""
    lines = []
    for line in DEBIAN.read_text(encoding="utf-8").splitlines():
        key = line.split(maxsplit=1)[0] if line.strip() else ""
        # MPD of a test runs as its user, and where no other MPD listens.
        if key in ("user", "bind_to_address"):
            continue
        if key == "music_directory" and music:
            line = f'music_directory "{music}"'
        lines.append(line.replace("/var/lib/mpd", str(folder)))
    return "\n".join(lines) + f"""
bind_to_address "{folder}/socket"
audio_output {{
    type "null"
    name "none"
    mixer_type "software"
}}
{more}
"""
