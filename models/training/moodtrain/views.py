"""What a camera, a lamp and the face finder do to a face, done to a batch of training pictures."""


import numpy as np
import torch
import torch.nn.functional as F

from . import RESOLUTION

# Luminance table of the JPEG standard (annex K).
JPEG_TABLE = np.array(
    [[16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55],
     [14, 13, 16, 24, 40, 57, 69, 56], [14, 17, 22, 29, 51, 87, 80, 62],
     [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
     [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99]], np.float32)
# How far the pictures that are disturbed only mildly move, against the others.
MILD = 0.35


def to_input(images, size):
    """Grey bytes [n, 48, 48] as the device feeds them: bilinear, value / 127.5 - 1."""
    x = images.to(torch.float32)[:, None]
    if size != x.shape[-1]:
        x = F.interpolate(x, (size, size), mode="bilinear", align_corners=False)
    return x / 127.5 - 1


class Views:
    """Draws everything from two generators, so that a run can be repeated and gone on with: what
    differs between pictures where the pictures lie, and what is one for a whole batch on the CPU,
    so that no step waits for a GPU."""

    def __init__(self, generator):
        self.generator, self.device = generator, generator.device
        self.whole = torch.Generator()
        self.whole.manual_seed(generator.initial_seed())
        k, n = np.mgrid[:8, :8]
        dct = np.cos((2 * n + 1) * k * np.pi / 16) * 0.5
        dct[0] /= np.sqrt(2)
        self.dct = torch.tensor(dct, dtype=torch.float32, device=self.device)
        self.table = torch.tensor(JPEG_TABLE, device=self.device)

    def uniform(self, *shape):
        return torch.rand(shape, generator=self.generator, device=self.device)

    def draw(self, count, low, high):
        return self.uniform(count, 1, 1, 1) * (high - low) + low

    def one(self):
        """A number in 0..1 for the whole batch."""
        return float(torch.rand(1, generator=self.whole))

    def some(self, count, share):
        """1 for about `share` of the pictures, 0 for the others."""
        return (self.uniform(count, 1, 1, 1) < share).float()

    def jpeg(self, x, quality):
        """The loss of JPEG on 0..255 grey, block by block and without the byte stream."""
        n, side = len(x), RESOLUTION // 8
        scale = torch.where(quality < 50, 50 / quality, 2 - quality / 50)[:, :, :, :, None]
        step = (scale * self.table).clamp(min=1)
        b = (x - 128).reshape(n, side, 8, side, 8).transpose(2, 3)
        f = torch.round(self.dct @ b @ self.dct.T / step) * step
        b = (self.dct.T @ f @ self.dct).transpose(2, 3)
        return b.reshape(n, 1, RESOLUTION, RESOLUTION) + 128

    def blur(self, x):
        """A Gaussian of one width for the whole batch."""
        sigma = self.one() * 1.1 + 0.5
        line = torch.exp(-0.5 * (torch.arange(-3.0, 4.0) / sigma) ** 2)
        line = (line / line.sum()).to(self.device, non_blocking=True)
        x = F.pad(x, (3, 3, 3, 3), mode="reflect")
        return F.conv2d(F.conv2d(x, line.view(1, 1, 7, 1)), line.view(1, 1, 1, 7))

    def soften(self, x):
        """As soft as a crop that was cut out of a larger scene: brought up twice as large and
        averaged down again, up to a pixel beside."""
        x = F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False).clamp(0, 255)
        right, down = int(self.one() * 3), int(self.one() * 3)
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        side = 2 * RESOLUTION
        return F.avg_pool2d(x[:, :, down : down + side, right : right + side], 2)

    def camera(self, x):
        """Light, lens, sensor noise and compression on 0..255 grey at the crop's own size."""
        n = len(x)
        on = self.some(n, 0.2)
        x = x + on * (self.blur(x) - x)
        x = 255 * (x / 255).clamp(1e-4, 1) ** torch.exp(self.draw(n, -0.5, 0.5))
        # A third are dimmed or blown out hard, the rest vary as rooms do.
        hard = self.some(n, 0.3)
        gain = self.draw(n, -0.3, 0.3) * (1 - hard) + self.draw(n, -1.1, 0.7) * hard
        x = x * torch.exp(gain) + self.draw(n, -25, 25)
        # Light from one side.
        ramp = torch.linspace(-1, 1, RESOLUTION, device=self.device).view(1, 1, 1, -1)
        x = x * (1 + self.some(n, 0.3) * self.draw(n, -0.5, 0.5) * ramp)
        noise = torch.randn(x.shape, generator=self.generator, device=self.device)
        x = (x + noise * self.draw(n, 0, 20) * self.some(n, 0.3)).clamp(0, 255)
        on = self.some(n, 0.2)
        return (x + on * (self.jpeg(x, self.draw(n, 15, 70)) - x)).clamp(0, 255)

    def geometry(self, x, size, strength):
        """Mirror, turn, shift and scale as the face finder errs, and the step up to `size`.
        `strength` [n] makes all but the mirror smaller."""
        n = len(x)

        def draw(low, high):
            return self.uniform(n) * (high - low) + low

        wide = (draw(0, 1) < 0.3).float()
        turn = strength * (draw(-0.2, 0.2) * (1 - wide) + draw(-0.35, 0.35) * wide)
        zoom = torch.exp(strength * draw(-0.2, 0.2))
        mirror = torch.where(draw(0, 1) < 0.5, -1.0, 1.0)
        shear, stretch = strength * draw(-0.08, 0.08), torch.exp(strength * draw(-0.07, 0.07))
        right, down = strength * draw(-0.18, 0.18), strength * draw(-0.18, 0.18)
        matrix = torch.stack([
            torch.stack([turn.cos() * zoom * mirror * stretch, (shear - turn.sin()) * zoom,
                         right], 1),
            torch.stack([turn.sin() * zoom * mirror, turn.cos() * zoom / stretch, down], 1)], 1)
        grid = F.affine_grid(matrix, (n, 1, size, size), align_corners=False)
        # What lies beyond the crop differs by how the crop was cut.
        fills = ("border", "reflection", "zeros", "border")
        fill = fills[int(self.one() * len(fills))]
        return F.grid_sample(x, grid, mode="bilinear", padding_mode=fill, align_corners=False)

    def erase(self, x, share=0.3):
        """A flat patch over a part of the face: a hand, a mask, hair."""
        n, size = len(x), x.shape[-1]
        grid = torch.arange(size, device=self.device)[None]

        def span():
            centre = self.uniform(n, 1) * size
            half = (self.uniform(n, 1) * 0.14 + 0.06) * size
            return ((grid - centre).abs() < half).float()

        hole = (span()[:, :, None] * span()[:, None, :])[:, None] * self.some(n, share)
        return x + hole * (self.draw(n, -1, 1) - x)

    def __call__(self, images, size, disturbed=0.7, soft=0.3):
        """Bytes [n, 48, 48] to what the network sees. A share of `disturbed` is disturbed in full,
        the others are only moved a little and mirrored; `soft` of them lose sharpness."""
        x = images.to(torch.float32)[:, None]
        n = len(x)
        x = x + self.some(n, soft) * (self.soften(x) - x)
        on = self.some(n, disturbed)
        x = x + on * (self.camera(x) - x)
        x = self.geometry(x, size, (on + MILD * (1 - on)).flatten()) / 127.5 - 1
        return x + on * (self.erase(x) - x)

    def mix(self, x, targets, share):
        """Light mixup: some pictures get a thin veil of another, and its targets."""
        part = self.some(len(x), share) * self.draw(len(x), 0, 0.4)
        flat = part.flatten()[:, None]
        return x + part * (x.flip(0) - x), [t + flat * (t.flip(0) - t) for t in targets]
