#!/usr/bin/env python3
"""Golden values of the 19 corruptions, from SciPy, scikit-image, OpenCV, Pillow and ImageMagick.

    python3 test/golden/corruptions.py      (Debian: python3-scipy, -skimage, -opencv, -pil, -wand)

Writes corruptions.safetensors beside this script. Written from the published algorithms' facts, not
from our C++ code; parameters are typed again from the published tables. "small" is a picture of 32 x
32, "large" one of 64 x 64. PRESET.KIND.SEVERITY is a corruption of the picture that the preset is
for: cifar takes small, tiny and imagenet take large (whose side is not theirs: no algorithm depends
on it). Random numbers are replaced by formula.values("PRESET.KIND.SEVERITY.WHAT"): where normal
numbers are wanted they are uniform with deviation 1.
"""
import io
import pathlib

import cv2
import numpy as np
import scipy
import skimage
import wand.version
from PIL import Image
from scipy import ndimage, stats
from skimage import color, filters
from wand.image import Image as WandImage

import formula
import safetensors_file

HERE = pathlib.Path(__file__).resolve().parent
ROOT_3 = np.float32(1.7320508)
tensors = {}


def picture(side):
    """Something like a photograph: a gradient, an edge, texture, and flat white and black."""
    y, x = np.mgrid[0:side, 0:side] / side
    image = np.stack([0.2 + 0.6 * x, 0.3 + 0.4 * y, 0.7 - 0.5 * x * y], 2)
    image += 0.08 * formula.values(f"picture{side}", (side, side, 3))
    image[(x - 0.6) ** 2 + (y - 0.4) ** 2 < 0.06] *= [1.2, 0.5, 0.2]
    image[y > 0.85] = 1
    image[(y < 0.2) & (x < 0.2)] = 0
    return np.uint8(np.clip(image, 0, 1) * 255)


SMALL, LARGE = picture(32), picture(64)


def normals(name, shape):
    return (ROOT_3 * formula.values(name, shape)).astype(np.float64)


def byte(shares):
    return np.uint8(np.clip(shares, 0, 1) * 255)


def gaussian(array, sigma, **more):
    """Without a channel axis, arrays [height, width, 3] are blurred along the channels too."""
    channel_axis = -1 if array.ndim == 3 else None
    return filters.gaussian(array, sigma=sigma, channel_axis=channel_axis, **more)


def png_of(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


def moved(array, radius, sigma, degrees):
    """ImageMagick's motion blur of bytes. Its 16 bits are rounded to bytes, as its PNG writer did when
    the benchmark was made; that of 6.9.11 truncates them."""
    with WandImage(blob=png_of(array)) as image:
        image.motion_blur(radius=radius, sigma=sigma, angle=degrees)
        pixels = image.export_pixels(channel_map="RGB", storage="char")
    pixels = np.uint8(pixels).reshape(*array.shape[:2], 3)
    return pixels if array.ndim == 3 else pixels[..., 0]


def enlarged_middle(array, factor):
    """[side, side, channels]; the middle, enlarged."""
    side = len(array)
    kept = int(np.ceil(side / factor))
    first = (side - kept) // 2
    big = ndimage.zoom(array[first:first + kept, first:first + kept], (factor, factor, 1), order=1)
    cut = (len(big) - side) // 2
    return big[cut:cut + side, cut:cut + side]


# The corruptions: of an image of bytes, by name (for what is random) and parameters.

def gaussian_noise(image, name, sigma):
    return byte(image / 255.0 + sigma * normals(f"{name}.normals", image.shape))


def speckle_noise(image, name, sigma):
    x = image / 255.0
    return byte(x + x * sigma * normals(f"{name}.normals", image.shape))


def shot_noise(image, name, photons):
    words = formula.bits(f"{name}.words", image.size).reshape(image.shape)
    return byte(stats.poisson.ppf((words + 0.5) / 2.0**32, image / 255.0 * photons) / photons)


def gaussian_blur(image, _, sigma):
    return byte(gaussian(image / 255.0, sigma))


def disk(radius, alias):
    reach, window = (8, 3) if radius <= 8 else (radius, 5)
    y, x = np.mgrid[-reach:reach + 1, -reach:reach + 1]
    kernel = np.float32(y**2 + x**2 <= radius**2)
    return cv2.GaussianBlur(kernel / kernel.sum(dtype=np.float32), (window, window), alias)


def defocus_blur(image, _, radius, alias):
    return byte(cv2.filter2D(image / 255.0, -1, disk(radius, alias)))


def glass_blur(image, name, sigma, reach, passes):
    image = byte(gaussian(image / 255.0, sigma))
    rows, columns = (range(side - reach, reach, -1) for side in image.shape[:2])
    offsets = formula.bits(f"{name}.offsets", passes * len(rows) * len(columns) * 2)
    offsets = iter((offsets % (2 * reach)).astype(int) - reach)
    for _ in range(passes):
        for y in rows:
            for x in columns:
                dy, dx = next(offsets), next(offsets)
                image[y, x] = image[y + dy, x + dx]
    return byte(gaussian(image / 255.0, sigma))


def motion_blur(image, name, radius, sigma):
    return moved(image, radius, sigma, 45 * float(formula.values(f"{name}.turn", (1,))[0]))


def zoom_blur(image, _, stop, step):
    x = np.float32(image / 255.0)
    factors = np.arange(1, stop, step)
    total = np.zeros_like(x)
    for factor in factors:
        total += enlarged_middle(x, factor)
    return byte((x + total) / (len(factors) + 1))


def snow(image, name, mean, deviation, zoom, threshold, radius, sigma, clear):
    layer = mean + deviation * normals(f"{name}.normals", image.shape[:2])
    layer = enlarged_middle(layer[..., None], zoom)[..., 0]
    layer[layer < threshold] = 0
    degrees = -90 + 45 * float(formula.values(f"{name}.turn", (1,))[0])
    flakes = moved(byte(layer), radius, sigma, degrees)[..., None] / 255.0
    x = np.float32(image) / np.float32(255)
    pale = cv2.cvtColor(x, cv2.COLOR_RGB2GRAY)[..., None] * np.float32(1.5) + np.float32(0.5)
    x = np.float32(clear) * x + np.float32(1 - clear) * np.maximum(x, pale)
    return byte(x + flakes + flakes[::-1, ::-1])


def plasma(name, side, decay):
    """Diamond-square on a torus, point by point."""
    uniforms = iter(formula.values(f"{name}.uniforms", (side * side - 1,)).astype(float))
    known, wibble, step = {(0, 0): 0.0}, 100.0, side
    while step >= 2:
        half = step // 2
        diagonal = [(-half, -half), (-half, half), (half, -half), (half, half)]
        straight = [(-half, 0), (half, 0), (0, -half), (0, half)]
        for first_y, first_x, corners in [(half, half, diagonal), (0, half, straight),
                                          (half, 0, straight)]:
            for y in range(first_y, side, step):
                for x in range(first_x, side, step):
                    mean = sum(known[(y + v) % side, (x + u) % side] for v, u in corners) / 4
                    known[y, x] = mean + wibble**2 * next(uniforms)
        step, wibble = half, wibble / decay
    values = np.array([[known[y, x] for x in range(side)] for y in range(side)])
    values -= values.min()
    return values / values.max()


def fog(image, name, thickness, decay):
    x = image / 255.0
    most = x.max()
    return byte((x + thickness * plasma(name, len(image), decay)[..., None]) * most
                / (most + thickness))


def spatter(image, name, mean, deviation, sigma, threshold, strength, mud):
    liquid = gaussian(mean + deviation * normals(f"{name}.normals", image.shape[:2]), sigma)
    liquid[liquid < threshold] = 0
    x = np.float32(image) / np.float32(255)
    if mud:
        stain = gaussian(np.float32(liquid > threshold), strength)
        stain[stain < 0.8] = 0
        stain = np.float32(stain)[..., None]
        return byte(x * (1 - stain) + np.float32([63, 42, 20]) / np.float32(255) * stain)
    liquid = np.uint8(liquid * 255)
    light = drop_light(liquid)
    m = np.float32(liquid * np.float32(light))[..., None]
    m = m / m.max() * np.float32(strength)
    return byte(x + m * (np.float32([175, 238, 238]) / np.float32(255)))


def drop_light(liquid):
    distance = cv2.distanceTransform(255 - cv2.Canny(liquid, 50, 150), cv2.DIST_L2, 5)
    light = np.uint8(cv2.blur(np.minimum(distance, 20), (3, 3)))
    emboss = np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])
    return cv2.blur(cv2.filter2D(cv2.equalizeHist(light), cv2.CV_8U, emboss), (3, 3))


def brightness(image, _, added):
    hsv = color.rgb2hsv(image / 255.0)
    hsv[..., 2] = np.clip(hsv[..., 2] + added, 0, 1)
    return byte(color.hsv2rgb(hsv))


def saturate(image, _, factor, shift):
    hsv = color.rgb2hsv(image / 255.0)
    hsv[..., 1] = np.clip(hsv[..., 1] * factor + shift, 0, 1)
    return byte(color.hsv2rgb(hsv))


def contrast(image, _, factor):
    x = image / 255.0
    mean = x.mean((0, 1))
    return byte((x - mean) * factor + mean)


def elastic_transform(image, name, alpha, sigma, corner):
    side = len(image)
    middle, reach = side // 2, side // 3
    corners = np.float32([[middle + reach, middle + reach], [middle + reach, middle - reach],
                          [middle - reach, middle - reach]])
    shifts = np.float32(corner * formula.values(f"{name}.corners", (3, 2)).astype(float))
    image = cv2.warpAffine(np.float32(image) / np.float32(255),
                           cv2.getAffineTransform(corners, corners + shifts), (side, side),
                           borderMode=cv2.BORDER_REFLECT_101)
    dx, dy = (np.float32(alpha * gaussian(
        formula.values(f"{name}.{axis}", (side, side)).astype(float), sigma, mode="reflect",
        truncate=3)) for axis in ("dx", "dy"))
    y, x = np.mgrid[0:side, 0:side]
    return byte(np.stack([ndimage.map_coordinates(image[..., c], [y + dy, x + dx], order=1,
                                                  mode="reflect") for c in range(3)], 2))


def pixelate(image, _, share):
    side = len(image)
    small = Image.fromarray(image).resize((int(side * share),) * 2, Image.Resampling.BOX)
    return np.array(small.resize((side, side), Image.Resampling.BOX))


def jpeg_compression(image, _, quality):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.array(Image.open(file))


def frost(image, name, clear, ice):
    return np.uint8(np.clip(clear * image + ice * texture(name, image.shape), 0, 255))


def texture(name, shape):
    return (formula.bits(f"{name}.texture", int(np.prod(shape))) % 256).astype(np.uint8).reshape(
        shape)


# By preset, severities 1 to 5; a single number stands for one parameter.
TABLES = {
    "cifar": {
        gaussian_noise: [.04, .06, .08, .09, .10],
        shot_noise: [500, 250, 100, 75, 50],
        speckle_noise: [.06, .1, .12, .16, .2],
        gaussian_blur: [.4, .6, 0.7, .8, 1],
        defocus_blur: [(0.3, 0.4), (0.4, 0.5), (0.5, 0.6), (1, 0.2), (1.5, 0.1)],
        glass_blur: [(0.05, 1, 1), (0.25, 1, 1), (0.4, 1, 1), (0.25, 1, 2), (0.4, 1, 2)],
        motion_blur: [(6, 1), (6, 1.5), (6, 2), (8, 2), (9, 2.5)],
        zoom_blur: [(1.06, .01), (1.11, .01), (1.16, .01), (1.21, .01), (1.26, .01)],
        snow: [(.1, .2, 1, .6, 8, 3, .95), (.1, .2, 1, .5, 10, 4, .9),
               (.15, .3, 1.75, .55, 10, 4, .9), (.25, .3, 2.25, .6, 12, 6, .85),
               (.3, .3, 1.25, .65, 14, 12, .8)],
        frost: [(1, .2), (1, .3), (.9, .4), (.85, .4), (.75, .45)],
        fog: [(.2, 3), (.5, 3), (.75, 2.5), (1, 2), (1.5, 1.75)],
        brightness: [.05, .1, .15, .2, .3],
        contrast: [.75, .5, .4, .3, .15],
        elastic_transform: [(0, 0, 2.56), (1.6, 6.4, 2.24), (2.56, 1.92, 1.92), (3.2, 1.28, 1.6),
                            (3.2, .96, .96)],
        pixelate: [.95, .9, .85, .75, .65],
        jpeg_compression: [80, 65, 58, 50, 40],
        spatter: [(.62, .1, .7, .7, .5, 0), (.65, .1, .8, .7, .5, 0), (.65, .3, 1, .69, .5, 0),
                  (.65, .1, .7, .69, .6, 1), (.65, .1, .5, .68, .6, 1)],
        saturate: [(.3, 0), (.1, 0), (1.5, 0), (2, .1), (2.5, .2)],
    },
    "tiny": {
        shot_noise: {5: 15},
        gaussian_blur: {4: 1.25},
        defocus_blur: {4: (2.5, .01)},
        glass_blur: {5: (.9, 2, 2)},
        motion_blur: {5: (12, 3)},
        frost: {5: (.7, .55)},
        fog: {5: (2, 1.75)},
        elastic_transform: {2: (3.2, 19.2, 3.84), 5: (10.24, 1.92, 1.28)},
        pixelate: {4: .6},
        spatter: {3: (.65, .3, 1, .69, .6, 0), 5: (.65, .1, .5, .67, .6, 1)},
        saturate: {5: (30, .2)},
    },
    "imagenet": {
        shot_noise: {1: 60, 5: 3},
        gaussian_blur: {5: 6},
        defocus_blur: {1: (3, .1), 4: (8, .5), 5: (10, .5)},
        glass_blur: {5: (1.5, 4, 2)},
        motion_blur: {5: (20, 15)},
        zoom_blur: {3: (1.21, .02), 5: (1.31, .03)},
        snow: {1: (.1, .3, 3, .5, 10, 4, .8), 4: (.55, .3, 4.5, .85, 12, 8, .65)},
        fog: {5: (3, 1.4)},
        elastic_transform: {1: (488, 170.8, 24.4), 3: (12.2, 2.44, 4.88)},
        pixelate: {5: .25},
        jpeg_compression: {5: 7},
        spatter: {1: (.65, .3, 4, .69, .6, 0), 4: (.65, .3, 1, .65, 1.5, 1)},
    },
}


def corruptions():
    for preset, kinds in TABLES.items():
        for kind, levels in kinds.items():
            for severity, level in (levels.items() if isinstance(levels, dict)
                                    else enumerate(levels, 1)):
                name = f"{preset}.{kind.__name__}.{severity}"
                parameters = level if isinstance(level, tuple) else (level,)
                image = (SMALL if preset == "cifar" else LARGE).copy()
                tensors[name] = kind(image, name, *parameters)


def parts():
    """What the corruptions are made of, by itself."""
    tensors["disk"] = disk(10, 0.5)
    array = formula.values("gaussian_filter", (9, 7))
    for mode in ("nearest", "reflect"):  # a radius larger than the array
        tensors[f"gaussian_filter.{mode}"] = np.float32(ndimage.gaussian_filter(
            array.astype(float), 4, mode=mode, truncate=3))
    tensors["canny.in"] = np.uint8(ndimage.gaussian_filter(
        255 * (formula.values("canny", (40, 33)) > 0).astype(float), 1.5))
    tensors["canny"] = cv2.Canny(tensors["canny.in"], 50, 150)
    tensors["distance"] = cv2.distanceTransform(255 - tensors["canny"], cv2.DIST_L2, 5)
    ice = texture("scaled", (100, 120, 3))
    for scale in (0.2, 0.3):
        tensors[f"scaled.{scale}"] = cv2.resize(ice, (0, 0), fx=scale, fy=scale)


def prepared():
    """torchvision's Resize and CenterCrop, on Pillow; of the large picture without its left part."""
    image = Image.fromarray(LARGE[:, 15:])
    bilinear = Image.Resampling.BILINEAR
    width, height = image.size
    tall = image.resize((36, int(36 * height / width)), bilinear)
    top = round((tall.size[1] - 32) / 2)
    tensors["prepared.imagenet"] = np.array(tall.crop((2, top, 34, top + 32)))
    inner = int(width * 0.875), int(height * 0.875)
    left, top = round((width - inner[0]) / 2), round((height - inner[1]) / 2)
    middle = image.crop((left, top, left + inner[0], top + inner[1]))
    tensors["prepared.inception"] = np.array(middle.resize((32, 32), bilinear))
    tensors["prepared.tiny"] = np.array(image.resize((32, 32), bilinear))


if __name__ == "__main__":
    tensors["small"], tensors["large"] = SMALL, LARGE
    corruptions()
    parts()
    prepared()
    versions = {"numpy": np, "scipy": scipy, "scikit-image": skimage, "opencv": cv2}
    metadata = {name: module.__version__ for name, module in versions.items()}
    metadata |= {"pillow": Image.__version__, "imagemagick": wand.version.MAGICK_VERSION,
                 "made_by": "test/golden/corruptions.py"}
    safetensors_file.write(HERE / "corruptions.safetensors", tensors, metadata)
