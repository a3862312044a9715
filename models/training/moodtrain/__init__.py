"""Training of the mood model: from pictures to an int8 file with its sidecar and card."""

MOODS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# Every face reaches the network by way of this many pixels a side, in training
# as on the device, so that both see the same sharpness.
RESOLUTION = 48
