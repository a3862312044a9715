"""Training of the mood model: from pictures to an int8 file with its sidecar and card."""

MOODS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# The file answers with two heads beside each other: eight logits of what ten people would vote
# (the seven moods and `other`: none of them, or no face), then seven of the official label.
OTHER = len(MOODS)
VOTE_LOGITS, LABEL_LOGITS = len(MOODS) + 1, len(MOODS)

# Every face reaches the network by way of this many pixels a side, in training
# as on the device, so that both see the same sharpness.
RESOLUTION = 48
