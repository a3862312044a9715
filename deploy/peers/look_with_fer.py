"""Reads pictures with fer: look_with_fer.py [--cropped] PHOTO..., a JSON object on a line for each."""

import json
import logging
import sys

import cv2
from fer.fer import FER

logging.disable(logging.WARNING)

names = sys.argv[1:]
cropped = names[0] == "--cropped"
finder = FER(mtcnn=False)
for name in names[cropped:]:
    picture = cv2.imread(name)
    faces = []
    if picture is not None:
        height, width = picture.shape[:2]
        # Its margin of 10 pixels is meant for photographs: a picture that is the face is taken as it is.
        area = [(10, 10, width - 20, height - 20)] if cropped else None
        faces = finder.detect_emotions(picture, face_rectangles=area)
    faces.sort(key=lambda face: -face["box"][2] * face["box"][3])
    mood = max(faces[0]["emotions"], key=faces[0]["emotions"].get) if faces else None
    print(json.dumps({"photo": name, "faces": len(faces), "mood": mood}), flush=True)
