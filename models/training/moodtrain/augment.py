"""What a camera, a lamp and the face finder do to a face, done to the training pictures."""

import numpy as np
import tensorflow as tf

from . import RESOLUTION


def to_input(images, size):
    """Grey bytes at 48 pixels as the device feeds them: bilinear, value / 127.5 - 1."""
    x = tf.cast(images, tf.float32)[..., None]
    if size != images.shape[1]:
        x = tf.image.resize(x, (size, size), "bilinear")
    return x / 127.5 - 1.0


def _dct_matrix():
    k, n = np.mgrid[:8, :8]
    d = np.cos((2 * n + 1) * k * np.pi / 16) * 0.5
    d[0] /= np.sqrt(2)
    return tf.constant(d, tf.float32)


# Luminance table of the JPEG standard (annex K).
_JPEG_TABLE = np.array(
    [[16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55],
     [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
     [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
     [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]], np.float32)


def _uniform(count, low, high):
    return tf.random.uniform([count, 1, 1, 1], low, high)


def _some(count, share):
    """1 for about `share` of the pictures, 0 for the others."""
    return tf.cast(tf.random.uniform([count, 1, 1, 1]) < share, tf.float32)


def jpeg(x, quality):
    """The loss of JPEG on 0..255 grey, blockwise and without the byte stream."""
    n, blocks = tf.shape(x)[0], RESOLUTION // 8
    d, table = _dct_matrix(), tf.constant(_JPEG_TABLE)
    scale = tf.where(quality < 50, 50 / quality, 2 - quality / 50)
    step = tf.maximum(scale[:, :, :, :, None] * table, 1.0)
    b = tf.transpose(tf.reshape(x - 128, [n, blocks, 8, blocks, 8]), [0, 1, 3, 2, 4])
    f = tf.einsum("ij,nabjk,lk->nabil", d, b, d)
    f = tf.round(f / step) * step
    b = tf.einsum("ji,nabjk,kl->nabil", d, f, d)
    return tf.reshape(tf.transpose(b, [0, 1, 3, 2, 4]), [n, RESOLUTION, RESOLUTION, 1]) + 128


def blur(x, sigma):
    """Gaussian of one width for the whole batch, on grey of any range."""
    r = tf.range(-3.0, 4.0)
    line = tf.exp(-0.5 * tf.square(r / sigma))
    line = line / tf.reduce_sum(line)
    x = tf.pad(x, [[0, 0], [3, 3], [3, 3], [0, 0]], "SYMMETRIC")
    x = tf.nn.conv2d(x, tf.reshape(line, [7, 1, 1, 1]), 1, "VALID")
    return tf.nn.conv2d(x, tf.reshape(line, [1, 7, 1, 1]), 1, "VALID")


def camera(x):
    """Light, lens, sensor noise and compression on 0..255 grey at the crop's own size."""
    n = tf.shape(x)[0]
    soft = blur(x, tf.random.uniform([], 0.5, 1.6))
    on = _some(n, 0.2)
    x = x * (1 - on) + soft * on
    gamma = tf.exp(_uniform(n, -0.5, 0.5))
    x = 255 * tf.pow(tf.clip_by_value(x / 255, 1e-4, 1.0), gamma)
    # A third are dimmed or blown out hard, the rest vary as rooms do.
    hard = _some(n, 0.3)
    gain = tf.exp(_uniform(n, -0.3, 0.3) * (1 - hard) + _uniform(n, -1.1, 0.7) * hard)
    x = x * gain + _uniform(n, -25, 25)
    # Light from one side.
    ramp = tf.reshape(tf.linspace(-1.0, 1.0, RESOLUTION), [1, 1, -1, 1])
    x = x * (1 + _some(n, 0.3) * _uniform(n, -0.5, 0.5) * ramp)
    noise = tf.random.normal(tf.shape(x)) * _uniform(n, 0, 20) * _some(n, 0.3)
    x = tf.clip_by_value(x + noise, 0, 255)
    on = _some(n, 0.2)
    return tf.clip_by_value(x * (1 - on) + jpeg(x, _uniform(n, 15, 70)) * on, 0, 255)


# How far the pictures that are disturbed only mildly move, against the others.
MILD = 0.35


def geometry(x, size, strength=1.0):
    """Mirror, turn, shift and scale as the face finder errs, and the step up to `size`.

    `strength`, one number or one a picture, makes all but the mirror smaller.
    """
    n = tf.shape(x)[0]

    def draw(low, high):
        return tf.random.uniform([n], low, high)

    turn = strength * tf.where(draw(0, 1) < 0.7, draw(-0.2, 0.2), draw(-0.35, 0.35))
    zoom = tf.exp(strength * draw(-0.18, 0.18))
    mirror = tf.where(draw(0, 1) < 0.5, -1.0, 1.0)
    shear, stretch = strength * draw(-0.08, 0.08), tf.exp(strength * draw(-0.07, 0.07))
    right, down = (strength * draw(-0.09, 0.09) * RESOLUTION for _ in range(2))
    step = RESOLUTION / size
    a = tf.cos(turn) * zoom * mirror * stretch * step
    b = (shear - tf.sin(turn)) * zoom * step
    c = tf.sin(turn) * zoom * mirror * step
    d = tf.cos(turn) * zoom / stretch * step
    mid_in, mid_out = (RESOLUTION - 1) / 2, (size - 1) / 2
    zero = tf.zeros(n)
    matrix = tf.stack(
        [a, b, mid_in + right - (a + b) * mid_out, c, d, mid_in + down - (c + d) * mid_out,
         zero, zero], 1)

    def warp(fill):
        return lambda: tf.raw_ops.ImageProjectiveTransformV3(
            images=x, transforms=matrix, output_shape=[size, size], fill_value=0.0,
            interpolation="BILINEAR", fill_mode=fill)

    # What lies beyond the crop differs by how the crop was cut.
    pick = tf.random.uniform([], 0, 4, tf.int32)
    return tf.switch_case(
        pick, [warp("NEAREST"), warp("REFLECT"), warp("CONSTANT"), warp("NEAREST")])


def erase(x, share=0.3):
    """A flat patch over a part of the face: a hand, a mask, hair."""
    n, size = tf.shape(x)[0], x.shape[1]
    grid = tf.range(size, dtype=tf.float32)

    def span():
        centre = tf.random.uniform([n, 1], 0, size)
        half = tf.random.uniform([n, 1], 0.06, 0.2) * size
        return tf.cast(tf.abs(grid[None] - centre) < half, tf.float32)

    hole = (span()[:, :, None] * span()[:, None, :])[..., None] * _some(n, share)
    return x * (1 - hole) + hole * _uniform(n, -1, 1)


def mix(x, t, share):
    """Light mixup: some pictures get a thin veil of another, and its target."""
    n = tf.shape(x)[0]
    part = _some(n, share) * _uniform(n, 0, 0.4)
    flat = tf.reshape(part, [n, 1])
    return (
        x * (1 - part) + tf.reverse(x, [0]) * part,
        t * (1 - flat) + tf.reverse(t, [0]) * flat,
    )


def augment(images, target, size, mixup=0.3, share=1.0, mild=False):
    """A batch of bytes at 48 pixels and its targets, as training sees them.

    Below 1, `share` lets the other pictures through, mirrored at most; with
    `mild` these are also turned, shifted and scaled, a little of each.
    """
    x = tf.cast(images, tf.float32)[..., None]
    n = tf.shape(x)[0]
    if share < 1 and mild:
        on = _some(n, share)
        x = camera(x) * on + x * (1 - on)
        x = geometry(x, size, tf.reshape(on + MILD * (1 - on), [n]))
        x = tf.ensure_shape(x, [None, size, size, 1]) / 127.5 - 1.0
        return mix(erase(x) * on + x * (1 - on), target, mixup)
    x = geometry(camera(x), size)
    x = erase(tf.ensure_shape(x, [None, size, size, 1]) / 127.5 - 1.0)
    if share < 1:
        plain, on, turned = to_input(images, size), _some(n, share), _some(n, 0.5)
        plain = plain * (1 - turned) + plain[:, :, ::-1] * turned
        x = x * on + plain * (1 - on)
    return mix(x, target, mixup)
